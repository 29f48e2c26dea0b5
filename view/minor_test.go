package view

import "testing"

func TestSuspect(t *testing.T) {
	for text, want := range map[string]bool{
		"The form said 2003, but I'm actually sixteen. Don't tell.": true,
		"I am 16 years old and I like valves":                       true,
		"honestly I'm only 15":                                      true,
		"I just turned seventeen":                                   true,
		"I've just turned seventeen!":                               true,
		"J'ai 16 ans, mais je travaille":                            true,
		"j'ai seize ans.":                                           true,
		"Je n'ai que dix-sept ans":                                  true,
		"I have 16 years of experience":                             false,
		"I am 16 miles from the sea":                                false,
		"My son is 16. I am 61.":                                    false,
		"J'ai 16 ans d'ancienneté":                                  false,
		"J'ai dix ans de métier":                                    false,
		"I am sixty":                                                false,
		"il a 16 ans":                                               false,
	} {
		if got := suspect(text); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}
