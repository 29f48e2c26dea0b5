package licet

import (
	"slices"
	"time"
)

// A RecordID names a record inside one installation: 32 hexadecimal digits of
// HMAC-SHA-256(community key, platform, the platform's id of the record).
type RecordID string

// A Kind is what a record is.
type Kind string

// The kinds, in the order in which people read a profile.
const (
	KindName           Kind = "name"
	KindPhoto          Kind = "photo" // text: the alternative text
	KindHeadline       Kind = "headline"
	KindAbout          Kind = "about"
	KindPosition       Kind = "position" // the current one
	KindExperience     Kind = "experience"
	KindEducation      Kind = "education"
	KindSkill          Kind = "skill"
	KindRecommendation Kind = "recommendation"
	KindPost           Kind = "post"
	KindComment        Kind = "comment"
	KindPrivateMessage Kind = "private_message"
	KindGroupMessage   Kind = "group_message"
	KindJobOffer       Kind = "job_offer"
	KindApplication    Kind = "application"
	KindCredential     Kind = "credential"
	KindPaymentMethod  Kind = "payment_method"
	KindSalary         Kind = "salary"
)

var kinds = []Kind{
	KindName, KindPhoto, KindHeadline, KindAbout, KindPosition, KindExperience, KindEducation, KindSkill, KindRecommendation,
	KindPost, KindComment, KindPrivateMessage, KindGroupMessage, KindJobOffer, KindApplication, KindCredential, KindPaymentMethod,
	KindSalary,
}

// Kinds returns every kind, in reading order.
func Kinds() []Kind { return slices.Clone(kinds) }

// Known tells whether k is one of the kinds.
func (k Kind) Known() bool { return slices.Contains(kinds, k) }

// A Category groups kinds as a policy speaks of them.
type Category string

// The categories.
const (
	CategoryProfile   Category = "profile"
	CategoryContent   Category = "content"   // written for others to read
	CategoryMessage   Category = "message"   // written for those it was sent to
	CategoryWork      Category = "work"      // job offers and applications
	CategorySensitive Category = "sensitive" // credentials, payment methods, salary
	CategoryUnknown   Category = "unknown"
)

// Category returns the category of k; CategoryUnknown for an unknown kind.
func (k Kind) Category() Category {
	switch k {
	case KindName, KindPhoto, KindHeadline, KindAbout, KindPosition, KindExperience, KindEducation, KindSkill:
		return CategoryProfile
	case KindPost, KindComment, KindRecommendation:
		return CategoryContent
	case KindPrivateMessage, KindGroupMessage:
		return CategoryMessage
	case KindJobOffer, KindApplication:
		return CategoryWork
	case KindCredential, KindPaymentMethod, KindSalary:
		return CategorySensitive
	}
	return CategoryUnknown
}

// A Role is the role in which a text was written.
type Role string

// The roles.
const (
	RoleMember    Role = "member"
	RoleManager   Role = "manager"
	RoleRecruiter Role = "recruiter"
)

// A Record is the smallest thing that a member provided.
type Record struct {
	ID       RecordID `json:"-"`
	Member   MemberID `json:"-"`
	Ref      string   `json:"ref"` // the platform's id
	Kind     Kind     `json:"kind"`
	Role     Role     `json:"role,omitempty"`
	Text     string   `json:"text"`
	Language string   `json:"language,omitempty"`

	About   MemberID   `json:"about,omitempty"`    // whom a recommendation is about
	ReplyTo RecordID   `json:"reply_to,omitempty"` // what it answers
	ShareOf RecordID   `json:"share_of,omitempty"` // what it re-posts
	To      []MemberID `json:"to,omitempty"`       // whom a message went to
	Group   string     `json:"group,omitempty"`

	// Special is the special category (GDPR, Article 9) of the group, where the
	// platform states one; Signal a wish that came with the record itself.
	Special string `json:"special,omitempty"`
	Signal  Signal `json:"signal,omitempty"`

	Title    string `json:"title,omitempty"`
	Employer string `json:"employer,omitempty"`
	From     string `json:"from,omitempty"`  // YYYY-MM
	Until    string `json:"until,omitempty"` // YYYY-MM
	URL      string `json:"url,omitempty"`
	License  string `json:"license,omitempty"` // of this text, where the platform states one

	Created time.Time `json:"created"`

	// Seq is the position of the event that brought these words.
	// An edit has a new position.
	Seq uint64 `json:"-"`
}
