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
