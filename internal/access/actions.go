package access

// Action is something that somebody may be allowed to do. Those on a pledge are "pledge." and
// the name of the action in the pledge's workflow, and what the workspace adds around it.
type Action string

const (
	// Doors: to come in at all.
	EnterMy           Action = "my.enter"
	EnterDesk         Action = "desk.enter"
	EnterTranslations Action = "translations.enter"

	// The workflow of a pledge (package pledge has it as data; a test there compares).
	AbandonPledge    Action = "pledge.abandon"
	SubmitPledge     Action = "pledge.submit"
	SetAsidePledge   Action = "pledge.set_aside"
	TakeUpPledge     Action = "pledge.take_up"
	ReturnPledge     Action = "pledge.return"
	SchedulePledge   Action = "pledge.schedule"
	UnschedulePledge Action = "pledge.unschedule"
	PublishPledge    Action = "pledge.publish"
	SubmitRevision   Action = "pledge.submit_revision"
	TakeBackRevision Action = "pledge.take_back_revision"
	ReturnRevision   Action = "pledge.return_revision"
	PublishRevision  Action = "pledge.publish_revision"
	WithdrawPledge   Action = "pledge.withdraw"
	SupersedePledge  Action = "pledge.supersede"

	// Around it, for the party.
	CreatePledge     Action = "pledge.create"
	ReadDraft        Action = "pledge.read_draft" // the words as they are being written
	ReadPledge       Action = "pledge.read"       // the words as last submitted, and where they stand
	WritePledge      Action = "pledge.write"
	SetClearances    Action = "pledge.set_clearances" // which steps a draft passes inside the party
	ClearPledge      Action = "pledge.clear"          // one of those steps
	InviteParty      Action = "pledge.invite"
	AnswerInvitation Action = "pledge.answer_invitation"
	LeavePledge      Action = "pledge.leave" // a named party withdraws its own part
	ConfirmPledge    Action = "pledge.confirm"
	MatchPledge      Action = "pledge.match"
	AnswerMatch      Action = "pledge.answer_match"
	ApproveProposal  Action = "pledge.approve_proposal"
	RefuseProposal   Action = "pledge.refuse_proposal"
	AttachFile       Action = "pledge.attach"
	ReadFile         Action = "pledge.read_file"
	ReleaseFile      Action = "pledge.release_file"
	ReadThread       Action = "pledge.read_thread"
	WriteThread      Action = "pledge.write_thread"

	// Around it, for the secretariat.
	EnterPledge   Action = "pledge.enter" // on behalf of a party
	AssignPledge  Action = "pledge.assign"
	ProposeChange Action = "pledge.propose"
	ReadNotes     Action = "pledge.read_notes" // what the desk wrote for itself
	WriteNotes    Action = "pledge.write_notes"
	ReadOrigin    Action = "pledge.read_origin" // how and when it was received, the scan
	ReadAdvice    Action = "pledge.read_advice" // scores and possible duplicates

	WriteCall      Action = "call.write"
	ReadFigures    Action = "figures.read"
	PublishFigures Action = "figures.publish"
	ClearParty     Action = "party.clear" // a party that is no State, before it is published
	HoldParty      Action = "party.hold"
	ReadContacts   Action = "party.read_contacts"
	WriteParty     Action = "party.write"

	// Following up.
	ReadReport     Action = "report.read" // one that waits
	WriteReport    Action = "report.write"
	ConfirmReport  Action = "report.confirm"
	RequestReport  Action = "report.request"
	ScreenReport   Action = "report.screen"
	AssessPledge   Action = "report.assess"
	ReadSchedule   Action = "report.read_schedule"
	WriteSchedule  Action = "report.write_schedule"
	ContestPledge  Action = "report.contest" // by a party apart from those of the pledge
	AnswerContest  Action = "report.answer_contest"
	PublishContest Action = "report.publish_contest"

	// Translations.
	ReadTranslation    Action = "translation.read" // one in work
	WriteTranslation   Action = "translation.write"
	ApproveTranslation Action = "translation.approve"
	PublishTranslation Action = "translation.publish"
	AssignTranslation  Action = "translation.assign"

	// People.
	ReadPerson    Action = "person.read"
	WritePerson   Action = "person.write"   // name, language, time zone
	AppointPerson Action = "person.appoint" // a focal point or deputy of a party
	DismissPerson Action = "person.dismiss"
	EmpowerPerson Action = "person.empower" // with a role of the desk
	DeprivePerson Action = "person.deprive"
	HandOver      Action = "person.hand_over"
	InvitePerson  Action = "person.invite" // an account without a grant
	ClosePerson   Action = "person.close"
	ExportPerson  Action = "person.export"
	ErasePerson   Action = "person.erase"
	ReadSessions  Action = "session.read"
	EndSession    Action = "session.end"
	WritePasskey  Action = "passkey.write"
	ResetPasskeys Action = "passkey.reset" // those of somebody who has lost them
	WritePassword Action = "password.write"
	ReadTokens    Action = "token.read"
	MakeToken     Action = "token.make"
	EndToken      Action = "token.end"
	ReadAudit     Action = "audit.read"

	// The machine room.
	ReadJobs      Action = "job.read"
	RetryJob      Action = "job.retry"
	ReadMailLog   Action = "mail.read_log" // what went to whom, without the letters
	ReadOutbox    Action = "mail.read"     // the letters themselves: they carry sign-in links
	WriteTemplate Action = "mail.write_template"
	WriteSettings Action = "settings.write"
)

// Signing in and out is open to everybody; these are what the audit calls them.
const (
	SignedIn    Action = "session.begin"
	SignedOut   Action = "session.end_own"
	AskedToSign Action = "session.ask"
)

// refused, and the way that was tried, is an attempt to sign in that led nowhere.
const refused Action = "session.refuse."
