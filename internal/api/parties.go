package api

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/party"
)

func (d *door) parties(ctx context.Context, q *question) (any, error) {
	c, err := d.resume(ctx, q)
	if err != nil {
		return nil, err
	}
	v, err := q.snap.View(q.query, q.today)
	if err != nil {
		return nil, err
	}
	list := v.Parties()
	seen, root, err := d.seen(ctx, q, v.AsOf, v.Size)
	if err != nil {
		return nil, err
	}
	out := PartyList{Total: len(list), Seen: seen, Understood: understood(v), Items: []Party{}}
	key := func(i int) []string { return partyKey(v, list[i]) }
	begin := 0
	if c != nil {
		begin = c.after(len(list), key, slices.Compare[[]string])
	}
	end := min(begin+q.limit, len(list))
	for _, pc := range list[begin:end] {
		out.Items = append(out.Items, d.partyOf(pc))
	}
	if end < len(list) && end > begin {
		out.Next = q.leave(seen, root, end, key(end-1))
		q.next = out.Next
	}
	return out, nil
}

// partyKey says where a party stands among those of a view: the most pledges first, then by
// name, then by code.
func partyKey(v *explore.View, pc explore.PartyCount) []string {
	return []string{fmt.Sprintf("%012d", 1e12-1-int64(pc.Pledges)), nameKey(v, pc.Party.Code), pc.Party.Code}
}

func (d *door) party(ctx context.Context, q *question) (any, error) {
	code := q.req.PathValue("code")
	p, err := q.snap.Party(code, q.moment(), q.today)
	if err != nil {
		return nil, err
	}
	v, err := q.snap.View(q.moment().With("party", code), q.today)
	if err != nil {
		return nil, err
	}
	count := explore.PartyCount{Party: p, Pledges: v.Totals.Pledges}
	if party.Root(code) == code {
		if i := slices.IndexFunc(v.Parties(), func(pc explore.PartyCount) bool { return pc.Party.Code == code }); i >= 0 {
			count.Lead = v.Parties()[i].Lead
		}
	} else {
		for _, it := range v.Items(0, v.Totals.Pledges) {
			if lead := it.Pledge.Lead(); lead == code || strings.HasPrefix(lead, code+".") {
				count.Lead++
			}
		}
	}
	out := PartyDetail{Party: d.partyOf(count)}
	out.Seen, _, err = d.seen(ctx, q, v.AsOf, v.Size)
	return out, err
}

func (d *door) partyOf(pc explore.PartyCount) Party {
	p := pc.Party
	names := p.Names
	if names == nil {
		names = map[lang.Code]string{}
	}
	return Party{
		Code: p.Code, Kind: p.Kind, State: p.IsState(d.Pack), Names: names, Country: p.Country, Parent: p.Parent,
		Members: all(p.Members), At: p.At, Pledges: pc.Pledges, Lead: pc.Lead, URL: d.BaseURL + "/parties/" + p.Code,
	}
}
