package licet

// A Decision is permit or forbid, with the rules that made it.
type Decision struct {
	Permit bool
	// Rules are the identifiers of the rules that decided, sorted. A decision
	// that no rule made is a refusal by default, and says so: ["default-deny"].
	Rules []string
}

// RuleDefaultDeny is named by a decision that no rule made.
const RuleDefaultDeny = "default-deny"
