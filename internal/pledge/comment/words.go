package comment

import "stocktake/internal/lang"

// reasonWords are the reasons for which a comment is declined, as its author reads them and as
// the desk chooses them.
var reasonWords = map[Reason]map[lang.Code]string{
	PersonalData: {
		lang.AR: "يتضمن بيانات شخصية: أسماء أشخاص أو عناوينهم أو غير ذلك مما يخص حياتهم الخاصة.",
		lang.EN: "It holds personal data: names or addresses of people, or what belongs to their private lives.",
		lang.ES: "Contiene datos personales: nombres o direcciones de personas, o asuntos de su vida privada.",
		lang.FR: "Il contient des données personnelles : noms ou adresses de personnes, ou éléments de leur vie privée.",
		lang.RU: "Он содержит личные данные: имена или адреса людей либо сведения об их частной жизни.",
		lang.ZH: "含有个人信息：他人的姓名、住址或私人生活内容。",
	},
	Insult: {
		lang.AR: "يتضمن إهانة. يمكن قول الشيء نفسه بغيرها.",
		lang.EN: "It holds an insult. The same can be said without one.",
		lang.ES: "Contiene un insulto. Lo mismo puede decirse sin él.",
		lang.FR: "Il contient une insulte. La même chose peut se dire sans elle.",
		lang.RU: "Он содержит оскорбление. То же можно сказать и без него.",
		lang.ZH: "含有侮辱性言辞。同样的意思可以换一种方式表达。",
	},
	OffSubject: {
		lang.AR: "لا يتناول هذا التعهد ولا ما أُبلغ عنه بشأنه.",
		lang.EN: "It does not speak of this pledge, or of what was reported on it.",
		lang.ES: "No se refiere a esta promesa ni a lo que se informó sobre ella.",
		lang.FR: "Il ne porte ni sur cet engagement ni sur ce qui en a été rapporté.",
		lang.RU: "Он не касается ни этого обязательства, ни отчетов о нем.",
		lang.ZH: "内容与本承诺及其报告无关。",
	},
}

// waitingWords introduce, in a letter to the desk, the number of cases that wait for it.
var waitingWords = map[lang.Code]string{
	lang.AR: "التقييمات والتعليقات التي تنتظر المكتب: ",
	lang.EN: "Assessments and comments that wait for the desk: ",
	lang.ES: "Evaluaciones y comentarios que esperan a la oficina: ",
	lang.FR: "Évaluations et commentaires en attente du bureau : ",
	lang.RU: "Оценки и комментарии, ожидающие секретариата: ",
	lang.ZH: "等待工作台处理的评估和评论：",
}

// WaitingIn is the line of a letter to the desk that says how many cases wait for it.
func WaitingIn(c lang.Code, n int) string { return waitingWords[c] + lang.Number(c, int64(n)) }
