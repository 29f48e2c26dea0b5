package chat

import (
	"fmt"
	"strings"
	"time"
)

// layouts are the directives of Python's strftime that templates use, in the C
// locale, in the words of package time.
var layouts = map[byte]string{
	'a': "Mon", 'A': "Monday", 'b': "Jan", 'B': "January", 'd': "02", 'H': "15", 'I': "03", 'j': "002",
	'm': "01", 'M': "04", 'p': "PM", 'S': "05", 'y': "06", 'Y': "2006", 'F': "2006-01-02", 'T': "15:04:05",
}

func strftime(format string, now time.Time) (string, error) {
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			b.WriteByte(format[i])
			continue
		}
		i++
		switch layout, ok := layouts[at(format, i)]; {
		case ok:
			b.WriteString(now.Format(layout))
		case at(format, i) == '%':
			b.WriteByte('%')
		default:
			return "", fmt.Errorf("%w: strftime_now: the directive %%%c is not supported", ErrTemplate, at(format, i))
		}
	}
	return b.String(), nil
}

func at(s string, i int) byte {
	if i < len(s) {
		return s[i]
	}
	return '?'
}
