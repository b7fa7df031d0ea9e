// Package tagseal runs a tag policy component: a policy document goes in, then events, and decisions come out.
//
// This is what a registry written in Go embeds to make its tags immutable by rule. The component that decides is built
// into the package (Embedded), or comes from bytes (Load). It imports nothing and is refused if it does. It runs in
// wazero, without cgo, under deadlines and caps (Options). Whatever goes wrong with it is a typed error, which
// Policy.Evaluate turns into a denial.
//
// A host must do three things, which the contract (wit/tag-policy.wit) states in full: it asks before it writes, it
// commits only under the precondition of each tag, and it treats everything that is not an answer as a denial.
package tagseal
