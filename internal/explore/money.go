package explore

import (
	"cmp"
	"math/big"
	"math/bits"
	"slices"
	"sort"
	"strconv"
	"strings"

	"stocktake/internal/pledge"
)

// MoneyRow is the announced money of a view in one currency. Its pledges are those that the
// filter currency finds under the other filters. Currencies are never added to one another, nor
// what was announced to what was paid.
type MoneyRow struct {
	Currency string
	Amount   string // the exact sum, "1500000.5"
	Pledges  int
}

// announced is the amount of one version.
type announced struct {
	version  uint32
	currency uint32 // its place among the values of factCurrency
	units    uint64 // of a ten-thousandth
}

// moneyDigits is how many decimals a unit has. The rules of a pledge allow fifteen digits and
// four decimals, which is less than 64 bits hold.
const moneyDigits = 4

func (f *folded) addMoney(version uint32, m *pledge.Money) {
	if m == nil || m.Currency == "" {
		return
	}
	f.money.append(f.round, announced{version, uint32(f.facts[factCurrency].index[m.Currency]), moneyUnits(m.Amount)})
}

// moneyUnits reads "1500000" or "0.5"; what the rules of a pledge do not allow is 0.
func moneyUnits(amount string) uint64 {
	whole, fraction, _ := strings.Cut(amount, ".")
	if len(fraction) > moneyDigits {
		return 0
	}
	n, err := strconv.ParseUint(whole+fraction+strings.Repeat("0", moneyDigits-len(fraction)), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// Money sums what the pledges of the view announce, by currency; those with most pledges first.
func (v *View) Money() []MoneyRow {
	type sum struct {
		high, low uint64
		pledges   int
	}
	currencies := &v.s.facts[factCurrency]
	sums := make([]sum, len(currencies.names))
	from := 0
	for number, b := range v.within {
		if b == nil {
			continue
		}
		from += sort.Search(v.s.money.len()-from, func(i int) bool {
			return v.s.money.at(uint32(from+i)).version >= uint32(number)<<blockBits
		})
		for ; from < v.s.money.len(); from++ {
			row := v.s.money.at(uint32(from))
			block, local := split(row.version)
			if block != number {
				break
			}
			if !b.has(local) {
				continue
			}
			s := &sums[row.currency]
			var carry uint64
			s.low, carry = bits.Add64(s.low, row.units, 0)
			s.high += carry
			s.pledges++
		}
	}
	var out []MoneyRow
	for i, s := range sums {
		if s.pledges > 0 {
			out = append(out, MoneyRow{currencies.names[i], decimal(s.high, s.low), s.pledges})
		}
	}
	slices.SortFunc(out, func(a, b MoneyRow) int {
		return cmp.Or(cmp.Compare(b.Pledges, a.Pledges), cmp.Compare(a.Currency, b.Currency))
	})
	return out
}

// decimal writes a number of units, without needless zeros.
func decimal(high, low uint64) string {
	n := new(big.Int).SetUint64(high)
	n.Add(n.Lsh(n, 64), new(big.Int).SetUint64(low))
	s := n.String()
	if len(s) <= moneyDigits {
		s = strings.Repeat("0", moneyDigits+1-len(s)) + s
	}
	whole, fraction := s[:len(s)-moneyDigits], strings.TrimRight(s[len(s)-moneyDigits:], "0")
	if fraction == "" {
		return whole
	}
	return whole + "." + fraction
}
