package main

import "strings"

// states are the 193 Member States of the United Nations and the two observer States (PSE,
// VAT), as ISO 3166-1 alpha-3 and alpha-2. Only these are given a shape under their own code;
// a test in internal/chart holds the result against internal/place.
var states = table(`
AFG:AF AGO:AO ALB:AL AND:AD ARE:AE ARG:AR ARM:AM ATG:AG AUS:AU AUT:AT AZE:AZ BDI:BI BEL:BE BEN:BJ BFA:BF BGD:BD
BGR:BG BHR:BH BHS:BS BIH:BA BLR:BY BLZ:BZ BOL:BO BRA:BR BRB:BB BRN:BN BTN:BT BWA:BW CAF:CF CAN:CA CHE:CH CHL:CL
CHN:CN CIV:CI CMR:CM COD:CD COG:CG COL:CO COM:KM CPV:CV CRI:CR CUB:CU CYP:CY CZE:CZ DEU:DE DJI:DJ DMA:DM DNK:DK
DOM:DO DZA:DZ ECU:EC EGY:EG ERI:ER ESP:ES EST:EE ETH:ET FIN:FI FJI:FJ FRA:FR FSM:FM GAB:GA GBR:GB GEO:GE GHA:GH
GIN:GN GMB:GM GNB:GW GNQ:GQ GRC:GR GRD:GD GTM:GT GUY:GY HND:HN HRV:HR HTI:HT HUN:HU IDN:ID IND:IN IRL:IE IRN:IR
IRQ:IQ ISL:IS ISR:IL ITA:IT JAM:JM JOR:JO JPN:JP KAZ:KZ KEN:KE KGZ:KG KHM:KH KIR:KI KNA:KN KOR:KR KWT:KW LAO:LA
LBN:LB LBR:LR LBY:LY LCA:LC LIE:LI LKA:LK LSO:LS LTU:LT LUX:LU LVA:LV MAR:MA MCO:MC MDA:MD MDG:MG MDV:MV MEX:MX
MHL:MH MKD:MK MLI:ML MLT:MT MMR:MM MNE:ME MNG:MN MOZ:MZ MRT:MR MUS:MU MWI:MW MYS:MY NAM:NA NER:NE NGA:NG NIC:NI
NLD:NL NOR:NO NPL:NP NRU:NR NZL:NZ OMN:OM PAK:PK PAN:PA PER:PE PHL:PH PLW:PW PNG:PG POL:PL PRK:KP PRT:PT PRY:PY
PSE:PS QAT:QA ROU:RO RUS:RU RWA:RW SAU:SA SDN:SD SEN:SN SGP:SG SLB:SB SLE:SL SLV:SV SMR:SM SOM:SO SRB:RS SSD:SS
STP:ST SUR:SR SVK:SK SVN:SI SWE:SE SWZ:SZ SYC:SC SYR:SY TCD:TD TGO:TG THA:TH TJK:TJ TKM:TM TLS:TL TON:TO TTO:TT
TUN:TN TUR:TR TUV:TV TZA:TZ UGA:UG UKR:UA URY:UY USA:US UZB:UZ VAT:VA VCT:VC VEN:VE VNM:VN VUT:VU WSM:WS YEM:YE
ZAF:ZA ZMB:ZM ZWE:ZW
`)

// partOf names shapes of the source that are drawn with a State, following the usage of the
// United Nations, where Natural Earth separates them: parts of a State's own territory, and
// areas that the source cuts out by who holds them. Everything else that is no State
// (territories, areas of disputed or undetermined status) stays an area, without link,
// number or label. The overseas departments of France, the Caribbean Netherlands and Svalbard
// lie within the shape of their State in the source and are left there.
var partOf = table(`
ALA:FIN ATC:AUS CYN:CYP HKG:CHN HMD:AUS IOA:AUS MAC:CHN NFK:AUS SOL:SOM
`)

// leftOut has no State and no population; Antarctica takes a fifth of the sheet.
var leftOut = map[string]bool{"ATA": true}

// undetermined are borders drawn as a dashed line because the maps of the United Nations mark
// them as not final, not agreed, or as a line of control or armistice. Where lat is given,
// only the part of the border north of it and between the meridians counts.
var undetermined = []border{
	{a: "MAR", b: "ESH"},
	{a: "SRB", b: "XKX"},
	{a: "SDN", b: "SSD"},
	{a: "PSE", b: "ISR"},
	{a: "ISR", b: "SYR"},
	{a: "IND", b: "PAK", north: 32.5, west: 73.9, east: 77.5}, // line of control in Jammu and Kashmir
	{a: "PAK", b: "KAS"}, {a: "IND", b: "KAS"}, {a: "CHN", b: "KAS"},
	{a: "IND", b: "CHN", north: 32.5, west: 77.5, east: 80.5},
}

type border struct {
	a, b              string
	north, west, east float64
}

func (b border) has(p point) bool {
	return b.north == 0 || p.y >= b.north && p.x >= b.west && p.x <= b.east
}

func table(text string) map[string]string {
	out := map[string]string{}
	for _, pair := range strings.Fields(text) {
		k, v, _ := strings.Cut(pair, ":")
		out[k] = v
	}
	return out
}
