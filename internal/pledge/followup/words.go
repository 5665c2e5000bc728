package followup

import (
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
)

// noChange is the narrative of a report that says so with one click. It is published.
var noChange = map[lang.Code]string{
	lang.AR: "لا تغيير منذ التقرير السابق.",
	lang.EN: "No change since the last report.",
	lang.ES: "Sin cambios desde el último informe.",
	lang.FR: "Aucun changement depuis le dernier rapport.",
	lang.RU: "Без изменений с момента последнего отчета.",
	lang.ZH: "自上次报告以来没有变化。",
}

// stageWords are the stages as letters name them, in the words of the pages.
var stageWords = map[pledge.Stage]map[lang.Code]string{
	pledge.Planning:     {lang.AR: "قيد التحضير", lang.EN: "Planning", lang.ES: "En preparación", lang.FR: "En préparation", lang.RU: "Подготовка", lang.ZH: "筹备中"},
	pledge.InProgress:   {lang.AR: "قيد التنفيذ", lang.EN: "In progress", lang.ES: "En curso", lang.FR: "En cours", lang.RU: "Выполняется", lang.ZH: "进行中"},
	pledge.Fulfilled:    {lang.AR: "تم الوفاء به", lang.EN: "Fulfilled", lang.ES: "Cumplida", lang.FR: "Tenu", lang.RU: "Выполнено", lang.ZH: "已兑现"},
	pledge.Discontinued: {lang.AR: "أُوقف", lang.EN: "Discontinued", lang.ES: "Interrumpida", lang.FR: "Interrompu", lang.RU: "Прекращено", lang.ZH: "已停止"},
}

// stoppedWords say in letters why a report was not published, in the words of the pages.
var stoppedWords = map[string]map[lang.Code]string{
	StoppedByContact: {lang.AR: "اعترضت جهة اتصال أخرى.", lang.EN: "Another contact objected.", lang.ES: "Otro contacto se opuso.",
		lang.FR: "Un autre contact a fait objection.", lang.RU: "Возразило другое контактное лицо.", lang.ZH: "另一位联系人提出异议。"},
	StoppedByAuthor: {lang.AR: "سحبه من قدمه.", lang.EN: "Whoever filed it took it back.", lang.ES: "Quien lo presentó lo retiró.",
		lang.FR: "La personne qui l’a déposé l’a retiré.", lang.RU: "Его отозвал составитель.", lang.ZH: "提交者已将其撤回。"},
	StoppedByLeaving: {lang.AR: "انسحب من التعهد الطرف الذي قدم التقرير.", lang.EN: "The party that reported has left the pledge.", lang.ES: "La parte que informó se ha retirado de la promesa.",
		lang.FR: "La partie qui a fait rapport s’est retirée de l’engagement.", lang.RU: "Участник, представивший отчет, вышел из обязательства.", lang.ZH: "提交报告的一方已退出该承诺。"},
	StoppedByEnd: {lang.AR: "كان التعهد قد انتهى.", lang.EN: "The pledge had ended.", lang.ES: "La promesa había terminado.",
		lang.FR: "L’engagement avait pris fin.", lang.RU: "Обязательство было завершено.", lang.ZH: "承诺已终止。"},
	StoppedByDate: {lang.AR: "أحد الأدلة مؤرخ بعد تاريخ التقرير.", lang.EN: "A piece of evidence is dated later than the report.", lang.ES: "Una prueba tiene una fecha posterior a la del informe.",
		lang.FR: "Un justificatif porte une date postérieure à celle du rapport.", lang.RU: "Одно из подтверждений датировано позже отчета.", lang.ZH: "有一项证据的日期晚于报告日期。"},
	StoppedByRules: {lang.AR: "تغير التعهد ولم يعد التقرير مطابقا له.", lang.EN: "The pledge has changed, and the report no longer fits it.", lang.ES: "La promesa ha cambiado y el informe ya no le corresponde.",
		lang.FR: "L’engagement a changé, et le rapport n’y correspond plus.", lang.RU: "Обязательство изменилось, и отчет ему больше не соответствует.", lang.ZH: "承诺已变更，报告不再与之相符。"},
}
