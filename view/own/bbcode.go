package own

import "strings"

// cutBBCode drops [quote]…[/quote] with what introduces it, however deep; one
// that nobody closes ends with its paragraph.
func cutBBCode(e *edit) {
	text := e.in
	if !strings.Contains(text, "[quote") && !strings.Contains(text, "[QUOTE") && !strings.Contains(text, "[Quote") {
		return
	}
	var starts, ends, open []int // of quotations, in order; those that are open
	for i := strings.IndexByte(text, '['); i < len(text); {
		tag := text[i:min(len(text), i+8)]
		switch {
		case len(tag) > 6 && strings.EqualFold(tag[:6], "[quote") && strings.IndexByte("]= ", tag[6]) >= 0:
			open = append(open, len(starts))
			starts, ends = append(starts, i), append(ends, 0)
		case strings.EqualFold(tag, "[/quote]") && len(open) > 0:
			ends[open[len(open)-1]] = i + 8
			open = open[:len(open)-1]
		}
		n := strings.IndexByte(text[i+1:], '[')
		if n < 0 {
			break
		}
		i += 1 + n
	}
	for i, start := range starts {
		if start < e.from {
			continue
		}
		if ends[i] == 0 {
			ends[i] = find(text, "\n\n", start)
		}
		before := strings.TrimRight(text[e.from:start], blanks+"\n")
		e.drop(Quote, introduction(text, e.from+strings.LastIndexByte(before, '\n')+1, start), ends[i])
	}
}
