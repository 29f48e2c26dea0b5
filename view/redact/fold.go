package redact

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// folded is a text as a recogniser should see it: what can't be seen is gone,
// letters and digits that look like ASCII ones are those, and every kind of
// blank, hyphen and quotation mark is the plain one. Spans are found in it, and
// put back into the text as it stands.
type folded struct {
	text string
	// shifts are where the offsets of the two begin to differ by another amount.
	shifts []shift
}

type shift struct{ at, by int } // from at on, the original is by bytes further on

// start returns the original offset of the byte at i; end that behind the byte
// before i. They differ where something was left out between the two.
func (f folded) start(i int) int { return i + f.by(i) }

func (f folded) end(i int) int {
	if i == 0 {
		return 0
	}
	n := sort.Search(len(f.shifts), func(k int) bool { return f.shifts[k].at > i-1 })
	by := 0
	if n > 0 {
		by = f.shifts[n-1].by
	}
	// A rune that became shorter ends where the next one begins.
	if n < len(f.shifts) && f.shifts[n].at == i && f.shifts[n].by > by {
		return i + f.shifts[n].by
	}
	return i + by
}

func (f folded) by(i int) int {
	n := sort.Search(len(f.shifts), func(k int) bool { return f.shifts[k].at > i })
	if n == 0 {
		return 0
	}
	return f.shifts[n-1].by
}

// fold returns text as recognisers see it. Text without such characters is
// itself.
func fold(text string) folded {
	i := firstFolded(text)
	if i < 0 {
		return folded{text: text}
	}
	var f folded
	var b strings.Builder
	b.Grow(len(text))
	done := 0 // of text, written to b
	for i < len(text) {
		c := text[i]
		if c < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		as := plain(r)
		if as == r {
			i += n
			continue
		}
		b.WriteString(text[done:i])
		if as >= 0 {
			b.WriteRune(as)
		}
		i += n
		done = i
		f.shifts = append(f.shifts, shift{b.Len(), i - b.Len()})
	}
	b.WriteString(text[done:])
	f.text = b.String()
	return f
}

func firstFolded(text string) int {
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		if plain(r) != r {
			return i
		}
		i += n
	}
	return -1
}

// plain returns the rune that a recogniser sees instead of r; -1: none.
func plain(r rune) rune {
	switch {
	case r < 0xa0:
		return r
	case r == 0xa0 || r == 0x202f || r >= 0x2000 && r <= 0x200a || r == 0x205f || r == 0x3000:
		return ' '
	case r < 0x250:
		if r == 0xad {
			return -1
		}
		return r
	case r >= 0xff01 && r <= 0xff5e:
		return r - 0xff01 + '!'
	case r >= 0x2010 && r <= 0x2015 || r == 0x2212 || r == 0xfe63 || r == 0x2043:
		return '-'
	case r == 0x2018 || r == 0x2019 || r == 0x02bc:
		return '\''
	case r == 0x2024 || r == 0xfe52:
		return '.'
	case r == 0xfe6b:
		return '@'
	case r == 0x2206: // written for a capital delta
		return 0x394
	case r == utf8.RuneError:
		return r
	case r < 0x600:
		return latin(r)
	case r == 0x2028 || r == 0x2029:
		return '\n'
	}
	return rare(r)
}

// rare folds what is seldom met: digits of other scripts, styled letters, and
// what can't be seen.
func rare(r rune) rune {
	switch {
	case unicode.Is(unicode.Cf, r) || r >= 0xfe00 && r <= 0xfe0f:
		return -1
	case unicode.Is(unicode.Nd, r):
		return '0' + digitOf(r)
	case r >= 0x2460 && r <= 0x2468: // ① to ⑨
		return r - 0x2460 + '1'
	case r >= 0x1d400 && r <= 0x1d6a3: // mathematical letters: thirteen alphabets of 52
		if k := (r - 0x1d400) % 52; k < 26 {
			return 'A' + k
		} else {
			return 'a' + k - 26
		}
	}
	return r
}

// digitOf returns the value of a decimal digit: Unicode keeps each script's ten
// together, and the mathematical ones in five runs.
func digitOf(r rune) rune {
	if r >= 0x1d7ce && r <= 0x1d7ff {
		return (r - 0x1d7ce) % 10
	}
	var v rune
	for v < 9 && unicode.Is(unicode.Nd, r-v-1) {
		v++
	}
	return v
}

// latin returns the Latin letter that people take a Cyrillic or Greek one for
// (Unicode Technical Standard 39), or r.
func latin(r rune) rune {
	if r < 0x370 || int(r-0x370) >= len(lookalikes) {
		return r
	}
	if as := lookalikes[r-0x370]; as != 0 {
		return rune(as)
	}
	return r
}

var lookalikes = func() (out [0x600 - 0x370]byte) {
	for _, pair := range []struct{ like, as string }{
		{"авсԁеһіјкӏморԛѕтуѵԝхн", "abcdehijklmopqstyvwxh"},
		{"АВСԀЕНІЈКМОРԚЅТУѴԜХ", "ABCDEHIJKMOPQSTYVWX"},
		{"αβγεηικνορτυωχ", "abyenikvoptuwx"},
		{"ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX"},
		{"ոօ", "no"},
	} {
		i := 0
		for _, r := range pair.like {
			out[r-0x370] = pair.as[i]
			i++
		}
	}
	return out
}()
