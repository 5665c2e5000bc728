package pledge

import "strings"

// The currencies of ISO 4217 in which money can be announced, by the number of decimals of
// their minor unit. Sources: the list of the maintenance agency (SIX) as packaged by Debian
// (iso-codes 4.15, 2023) and its amendments up to 2025 (XCG, ZWG). Currencies withdrawn since
// the end of 2018 stay (ANG, BGN, CUC, HRK, SLL, ZWL): a pledge of their day is kept as given.
// Left out: metals, bond units, testing codes and units of account inside one country.
var currencies = decimalsOf(map[int]string{
	0: `BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF`,
	2: `AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF
		CHF CNY COP CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD
		HNL HRK HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK
		MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB
		SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH
		USD UYU UZS VED VES WST XCD XCG XDR YER ZAR ZMW ZWG ZWL`,
	3: `BHD IQD JOD KWD LYD OMR TND`,
})

func decimalsOf(lists map[int]string) map[string]int {
	all := map[string]int{}
	for decimals, list := range lists {
		for code := range strings.FieldsSeq(list) {
			all[code] = decimals
		}
	}
	return all
}

// Decimals is the number of decimals of a currency's minor unit; ok is false where there is no
// such currency.
func Decimals(currency string) (n int, ok bool) {
	n, ok = currencies[currency]
	return n, ok
}
