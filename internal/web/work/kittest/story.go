package kittest

import (
	"embed"
	"io/fs"
	"testing/fstest"

	"stocktake/internal/lang"
	"stocktake/internal/web/work/kit"
)

//go:embed story/story.html
var storyFiles embed.FS

// StoryPage shows every part of the kit.
type StoryPage struct {
	Kicker      string
	Now         kit.Moment
	Tabs        kit.Tabs
	Form        *kit.Form
	Rows        []StoryRow
	Pager       kit.Pager
	Left, Right string
	Empty       kit.Empty
}

// StoryRow is a row of its table.
type StoryRow struct {
	Name, State, Class string
	Days               int
}

// Story is an area with one page that has every part of the kit on it: for looking at, and for
// the checks of accessibility.
func Story() kit.Area {
	files, err := fs.Sub(storyFiles, "story")
	if err != nil {
		panic(err) // the folder is embedded
	}
	texts := fstest.MapFS{}
	for _, c := range lang.All {
		texts[string(c)+".json"] = &fstest.MapFile{Data: []byte(storyMessages)}
	}
	texts["ar.json"] = &fstest.MapFile{Data: []byte(storyArabic)}
	return kit.Area{
		Name: "story", Templates: files, Messages: texts, Pages: map[string]any{"story": &StoryPage{}},
		Menu: []kit.Entry{{Path: "/story", Key: "story.menu", Order: 1}},
		Routes: []kit.Route{
			{Method: "GET", Path: "/story", Serve: showStory},
			{Method: "POST", Path: "/story", Serve: saveStory},
		},
	}
}

func showStory(k *kit.Kit, r *kit.Request) (kit.Answer, error) { return storyOf(r, storyForm(r)), nil }

func saveStory(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	f := storyForm(r)
	valid := f.Valid()
	if r.Autosaving() {
		return kit.Saved{Version: "2", At: r.Now, Form: f}, nil
	}
	if valid {
		return kit.Done("/story", "story.done.saved"), nil
	}
	return storyOf(r, f), nil
}

func storyForm(r *kit.Request) *kit.Form {
	f := r.NewForm(1)
	f.Autosave = r.Query("autosave") != "" || r.Autosaving()
	f.Text("title", "story.field.title", "").Must().Upto(120)
	f.Long("text", "story.field.text", "Every child is registered at birth.", 4).Must().Upto(500)
	f.Email("mail", "story.field.mail", "").Fills("email")
	f.Select("kind", "story.field.kind", "b", kit.Options("a", "Policy", "b", "Material")).Empty("–")
	f.Radios("form", "story.field.form", "", []kit.Option{{Value: "one", Text: "Individual", Hint: "Made by one party"}, {Value: "two", Text: "Common"}}).Must()
	f.Checks("objectives", "story.field.objectives", []string{"4"}, kit.Options("4", "4 Legal identity", "15", "15 Basic services"))
	f.Date("begins", "story.field.begins", "2026-05")
	f.Money("money", "story.field.money", "1250000.50", "USD", kit.Options("EUR", "EUR", "USD", "USD", "KES", "KES"))
	f.Number("target", "story.field.target", "40").Of("%")
	f.Check("public", "story.field.public", true)
	return f
}

func storyOf(r *kit.Request, f *kit.Form) kit.Answer {
	pager, _ := r.Pager(120, 50)
	return kit.Page{Name: "story", Title: "story.title", Form: f, Data: &StoryPage{
		Kicker: "S-7K3M9Q · Kenya", Now: r.Moment(r.Now), Form: f, Pager: pager,
		Tabs: kit.Tabs{Label: r.T("story.table"), Items: []kit.Tab{{Href: r.Link("/story"), Text: r.T("story.left"), Count: 12, Current: true}, {Href: r.With("tab", "2"), Text: r.T("story.right"), Count: 3}}},
		Rows: []StoryRow{{"Kenya", r.T("story.good"), "good", 3}, {"Bolivia (Plurinational State of)", r.T("story.bad"), "bad", 41}, {"Households Apart, a network of associations of families of missing persons", r.T("story.plain"), "", 1204}},
		Left: "By 2027 the ministry registers every birth within seven days.", Right: "بحلول عام 2027 تسجل الوزارة كل ولادة في غضون سبعة أيام.",
		Empty: kit.Empty{Text: r.T("story.empty"), Href: r.Link("/story"), Link: r.T("story.begin")},
	}}
}

const storyMessages = `{
"story.menu": "Story", "story.title": "Everything that a page can have on it", "story.lede": "It closes on {time}.",
"story.preview": "Preview", "story.drop": "Abandon the draft", "story.table": "Submissions", "story.name": "Party", "story.state": "State", "story.days": "Days",
"story.panes": "Side by side", "story.left": "Original", "story.right": "Translation", "story.none": "Nothing yet", "story.empty": "Nothing has been submitted yet.", "story.begin": "Begin a pledge",
"story.good": "Published", "story.bad": "Overdue", "story.plain": "In review", "story.done.saved": "The pledge was saved.",
"story.field.title": "Title", "story.field.title.hint": "What will be done, in one line.", "story.field.title.example": "Register every child at birth by 2027",
"story.field.text": "Text of the pledge", "story.field.text.hint": "Who does what, for whom, by when, with which means.",
"story.field.mail": "E-mail", "story.field.kind": "Nature", "story.field.form": "Form", "story.field.objectives": "Objectives",
"story.field.begins": "Begins", "story.field.money": "Money", "story.field.target": "Target", "story.field.public": "May be published"
}`

const storyArabic = `{
"story.menu": "عرض", "story.title": "كل ما يمكن أن تحتويه الصفحة", "story.lede": "يُغلق في {time}.",
"story.preview": "معاينة", "story.drop": "التخلي عن المسودة", "story.table": "التعهدات المقدمة", "story.name": "الجهة", "story.state": "الحالة", "story.days": "الأيام",
"story.panes": "جنبا إلى جنب", "story.left": "الأصل", "story.right": "الترجمة", "story.none": "لا شيء بعد", "story.empty": "لم يُقدَّم شيء بعد.", "story.begin": "ابدأ تعهدا",
"story.good": "منشور", "story.bad": "متأخر", "story.plain": "قيد المراجعة", "story.done.saved": "حُفظ التعهد.",
"story.field.title": "العنوان", "story.field.title.hint": "ما الذي سيُنجز، في سطر واحد.", "story.field.title.example": "تسجيل كل طفل عند الولادة بحلول عام 2027",
"story.field.text": "نص التعهد", "story.field.text.hint": "من يفعل ماذا، ولمن، ومتى، وبأي وسائل.",
"story.field.mail": "البريد الإلكتروني", "story.field.kind": "الطبيعة", "story.field.form": "الشكل", "story.field.objectives": "الأهداف",
"story.field.begins": "يبدأ", "story.field.money": "المال", "story.field.target": "الغاية", "story.field.public": "يجوز نشره"
}`
