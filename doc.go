// Package licet holds the words and the pure rules of Licet: members, records,
// purposes, events, standings, decisions, passages and digests.
//
// It has no input, no output and no clock. Every other package of the module
// speaks in these words, and what is served is a pure function of them.
package licet
