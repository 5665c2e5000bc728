package lang

import (
	"fmt"
	"strconv"
	"time"
)

// monthNames holds the twelve names of a language as they stand alone and as they stand in a date.
type monthNames struct {
	alone  [12]string // "May"; ru "май"
	inDate [12]string // after a day; differs from alone in Russian only (genitive)
	short  [12]string // for the axis of a chart
}

// Sources: CLDR 48 for en, es, fr, ru and zh; for Arabic the double names of United Nations
// documents (Levantine name, stroke, Romance name, with the UN's spelling of June and July).
var months = map[Code]*monthNames{
	EN: {
		alone: [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
		short: [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
	},
	FR: {
		alone: [12]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
		short: [12]string{"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."},
	},
	ES: {
		alone: [12]string{"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"},
		short: [12]string{"ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"},
	},
	RU: {
		alone:  [12]string{"январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь"},
		inDate: [12]string{"января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря"},
		short:  [12]string{"янв.", "февр.", "март", "апр.", "май", "июнь", "июль", "авг.", "сент.", "окт.", "нояб.", "дек."},
	},
	ZH: {
		alone: [12]string{"1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月"},
	},
	AR: {
		alone: [12]string{"كانون الثاني/يناير", "شباط/فبراير", "آذار/مارس", "نيسان/أبريل", "أيار/مايو", "حزيران/يونيه", "تموز/يوليه", "آب/أغسطس", "أيلول/سبتمبر", "تشرين الأول/أكتوبر", "تشرين الثاني/نوفمبر", "كانون الأول/ديسمبر"},
		short: [12]string{"يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيه", "يوليه", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"},
	},
}

func monthsOf(c Code) *monthNames {
	if m, ok := months[c]; ok {
		return m
	}
	return months[Default]
}

// MonthName is the name of the month standing alone; "" for a month that does not exist.
func MonthName(c Code, m time.Month) string {
	if m < time.January || m > time.December {
		return ""
	}
	return monthsOf(c).alone[m-1]
}

// MonthShort is a short label of the month for the axis of a chart; "" for a month that does
// not exist. In Arabic it is the second of the two names.
func MonthShort(c Code, m time.Month) string {
	if m < time.January || m > time.December {
		return ""
	}
	names := monthsOf(c)
	if s := names.short[m-1]; s != "" {
		return s
	}
	return names.alone[m-1]
}

// Date spells out a day ("2022-05-20"), a month ("2022-05") or a year ("2022"), as precisely as
// it was given and no more: "20 May 2022", "May 2022", "2022". Any other string, and any day
// that the calendar does not have, comes back unchanged.
func Date(c Code, d string) string {
	year, month, day, ok := parseDate(d)
	if !ok {
		return d
	}
	y := fmt.Sprintf("%04d", year) // "1 January 1" is no date that anybody reads
	if month == 0 {
		switch c {
		case RU:
			return y + " год"
		case ZH:
			return y + "年"
		}
		return y
	}
	names := monthsOf(c)
	name := names.alone[month-1]
	if day == 0 {
		switch c {
		case ES:
			return name + " de " + y
		case RU:
			return name + " " + y + " года"
		case ZH:
			return y + "年" + name
		}
		return name + " " + y
	}
	if s := names.inDate[month-1]; s != "" {
		name = s
	}
	n := strconv.Itoa(day)
	switch c {
	case ES:
		return n + " de " + name + " de " + y
	case FR:
		if day == 1 {
			n = "1er"
		}
	case RU:
		return n + " " + name + " " + y + " года"
	case ZH:
		return y + "年" + name + n + "日"
	}
	return n + " " + name + " " + y
}

// DateTime spells out a moment in UTC, to the minute, and says that it is UTC.
func DateTime(c Code, t time.Time) string { return dateTime(c, t.UTC(), "UTC") }

// DateTimeIn spells out a moment in the time zone that t is in, to the minute, and names the
// zone by its distance from UTC: "20 May 2022, 13:32 UTC+3".
func DateTimeIn(c Code, t time.Time) string { return dateTime(c, t, ZoneOf(t)) }

// ZoneOf is the distance from UTC of the zone that t is in: "UTC", "UTC+3", "UTC-3:30".
func ZoneOf(t time.Time) string {
	_, seconds := t.Zone()
	minutes := seconds / 60
	if minutes == 0 {
		return "UTC"
	}
	sign := "+"
	if minutes < 0 {
		sign, minutes = "-", -minutes
	}
	zone := "UTC" + sign + strconv.Itoa(minutes/60)
	if rest := minutes % 60; rest != 0 {
		zone += fmt.Sprintf(":%02d", rest)
	}
	return zone
}

func dateTime(c Code, t time.Time, zone string) string {
	day, clock := Date(c, t.Format(time.DateOnly)), t.Format("15:04")+" "+zone
	switch c {
	case FR:
		return day + " à " + clock
	case ZH:
		return day + " " + clock
	case AR:
		return day + "، " + clock
	}
	return day + ", " + clock
}

// parseDate reads the three precisions; month and day are 0 where not given.
func parseDate(d string) (year, month, day int, ok bool) {
	layout := ""
	switch len(d) {
	case len("2022-05-20"):
		layout = time.DateOnly
	case len("2022-05"):
		layout = "2006-01"
	case len("2022"):
		layout = "2006"
	default:
		return 0, 0, 0, false
	}
	t, err := time.Parse(layout, d)
	if err != nil || t.Year() == 0 {
		return 0, 0, 0, false
	}
	switch layout {
	case time.DateOnly:
		return t.Year(), int(t.Month()), t.Day(), true
	case "2006-01":
		return t.Year(), int(t.Month()), 0, true
	}
	return t.Year(), 0, 0, true
}
