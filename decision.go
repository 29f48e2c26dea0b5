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

// RuleNoWindow is named by a decision on somebody's silence, which the rules would have
// taken as permission, where no notice had been with them for long enough.
const RuleNoWindow = "no-window"
