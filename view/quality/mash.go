package quality

// unlikely has, for each letter, those that hardly ever follow it: in 3.4 million
// pairs of letters of English, French, German and Spanish text, fewer than 12 in
// a million.
var unlikely = func() (out [26]uint32) {
	for i, after := range []string{
		"", "cdfghknpqvwxz", "bdfgjpvwxz", "kpxz", "", "bcghjkmnpqvwxz", "bcdjkpqvwxz", "dfghjkpqvxz", "iwy",
		"bcdfghjklmnqrstvwxz", "cdhjkmqvwxz", "jxz", "ghjkqrvwxz", "x", "", "bgjknqvwxz", "abcdefghijklmnopqrstvwxyz",
		"jx", "jxz", "jkqvx", "w", "bcdfghjklmnpqtvwxz", "bfgjkmpqvwxyz", "bdfghjklmnorsuvxyz", "fghjkqvxy", "bcdfghjkmnpqrsvxy",
	} {
		for _, c := range []byte(after) {
			out[i] |= 1 << (c - 'a')
		}
	}
	return out
}()

// mash tells whether a word of ASCII letters was typed by keys at random. Capitals
// inside a word, or all through it, make it a name rather. keys tells whether
// some of them lie side by side, which no name has.
func mash(word string) (random, keys bool) {
	if len(word) < 3 || len(word) > 64 {
		return false, false
	}
	odd, vowel := 0, false
	before, prev := byte(0), word[0]|0x20
	for i := 1; i < len(word); i++ {
		c := word[i]
		if c < 'a' || 'z' < c || prev < 'a' || 'z' < prev {
			return false, false
		}
		if unlikely[prev-'a']&(1<<(c-'a')) != 0 {
			odd++
		}
		keys = keys || prev != 'e' && neighbours(before, prev, c)
		vowel = vowel || c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'y'
		before, prev = prev, c
	}
	return keys || odd >= 2 && 5*odd >= len(word) || odd == 1 && len(word) >= 5 && !vowel, keys
}

// neighbours tells whether three letters are what hands that rest on the keys type.
func neighbours(a, b, c byte) bool {
	switch b {
	case 'd':
		return a == 's' && (c == 'f' || c == 'g' || c == 'j') || a == 'f' && (c == 'g' || c == 's') || a == 'j' && c == 'f'
	case 'f':
		return a == 'd' && (c == 'g' || c == 'j') || a == 's' && c == 'd'
	case 's':
		return (a == 'd' || a == 'q') && (c == 'f' || c == 'd') && a != c || a == 'f' && c == 'd' || a == 'j' && c == 'd'
	case 'g', 'j':
		return a == 'f' && c == 'h' || a == 'h' && c == 'k'
	case 'k', 'l':
		return a == 'j' && c == 'l' || a == 'k' && c == 'j'
	case 'x':
		return (a == 'z' || a == 'w') && c == 'c'
	case 'w':
		return a == 'q' && c == 'e'
	}
	return false
}
