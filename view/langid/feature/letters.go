package feature

import "unicode"

// A code stands for one letter in a word, 1 to 255, so that five of them fit
// one key. Case is folded.
const (
	edge      = 1   // before the first and after the last letter of a word
	firstCode = 2   // a; z is 27
	rareCode  = 254 // a Latin letter that has no code of its own
	tableEnd  = 0x250
)

// kinds of byte that a token may hold, as bits.
const (
	kindLetter = 1 << iota // A-Z, a-z and every byte of a longer character
	kindDigit
	kindAt
	kindCode // \ = { } < > | ^ ~ $ _
	kindDot
	kindSlash
	kindHash
	kindOpen // [ and `
)

// Letters tells letters from everything else. It is never changed after
// NewLetters and may be shared.
type Letters struct {
	code [tableEnd]uint8 // 0: no letter
	kind [256]uint8
	mark map[rune]uint8 // base code ‖ combining mark to code
}

// NewLetters builds the tables.
func NewLetters() *Letters {
	l := &Letters{mark: map[rune]uint8{}}
	next := uint8(firstCode)
	give := func(r rune) {
		l.code[r] = next
		if up := unicode.ToUpper(r); up < tableEnd {
			l.code[up] = next
		}
		next++
	}
	for r := 'a'; r <= 'z'; r++ {
		give(r)
	}
	for r := rune(0xC0); r < tableEnd; r++ {
		switch {
		case !unicode.IsLetter(r) || unicode.ToLower(r) != r || r == 'ĸ' || r == 'ſ':
		case r < 0x180 || r == 'ș' || r == 'ț' || r == 'ơ' || r == 'ư' || r == 'ǎ':
			give(r)
		}
	}
	l.code['İ'] = l.code['i']
	for r := rune(0xC0); r < tableEnd; r++ {
		if l.code[r] == 0 && unicode.IsLetter(r) {
			l.code[r] = rareCode
		}
	}
	l.code['ª'], l.code['º'], l.code['µ'] = 0, 0, 0
	l.kinds()
	l.marks()
	return l
}

func (l *Letters) kinds() {
	for i := range l.kind {
		c := byte(i)
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= 0x80:
			l.kind[i] = kindLetter
		case c >= '0' && c <= '9':
			l.kind[i] = kindDigit
		}
	}
	for kind, chars := range map[uint8]string{
		kindAt: "@", kindCode: "\\={}<>|^~$_", kindDot: ".", kindSlash: "/:)", kindHash: "#", kindOpen: "[`",
	} {
		for _, c := range []byte(chars) {
			l.kind[c] = kind
		}
	}
}

// marks joins a letter and a combining mark that follows it, as some systems
// write "é" in two characters.
func (l *Letters) marks() {
	for mark, pairs := range map[rune]string{
		0x300: "aàeèiìoòuù",
		0x301: "aáeéiíoóuúyýcćnńsśzź",
		0x302: "aâeêiîoôuûcĉ",
		0x303: "aãnñoõ",
		0x308: "aäeëiïoöuüyÿ",
		0x30A: "aåuů",
		0x30C: "cčsšzžrřeěnňdďtť",
		0x327: "cçsşţţ",
		0x328: "aąeę",
	} {
		runes := []rune(pairs)
		for i := 0; i+1 < len(runes); i += 2 {
			l.mark[markKey(l.code[runes[i]], mark)] = l.code[runes[i+1]]
		}
	}
}

func markKey(base uint8, mark rune) rune { return rune(base)<<16 | mark }

// join returns the code of a letter with a mark above or below it, or the
// letter's own where the two have none.
func (l *Letters) join(base uint8, mark rune) uint8 {
	if c, ok := l.mark[markKey(base, mark)]; ok {
		return c
	}
	return base
}

// foreign tells whether r is a letter of another script than Latin.
func foreign(r rune) bool {
	switch {
	case r < 0x370:
		return false
	case r >= 0x3041 && r <= 0x30FF, r >= 0x3400 && r <= 0x9FFF, r >= 0xAC00 && r <= 0xD7A3:
		return true
	case r >= 0x1D00 && r <= 0x2FFF, r >= 0xFB00 && r <= 0xFB06, r >= 0xFF00 && r <= 0xFFEF:
		return false // letters for phonetics, ligatures, forms of full width, symbols
	}
	return unicode.IsLetter(r)
}
