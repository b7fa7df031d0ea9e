package tagseal

// An Event is something that is about to happen to a tag or a manifest.
type Event struct {
	// Operation is what is about to happen: a Write, a DeleteTag or a DeleteManifest.
	Operation Operation
	// Context are facts about the request: at most 64, each key once. The engine reads `time`, the time of the request
	// in UTC, in exactly the form `2026-12-01T18:00:00Z`. A host that knows who asks gives `actor`.
	Context []Fact
}

// A Fact is something that is known about a request.
type Fact struct {
	Key, Value string
}

// An Operation is what is about to happen.
type Operation interface {
	operation()
}

// A Write stores a manifest, under tags or by its digest alone.
type Write struct {
	// Repository is the full name of the repository.
	Repository string
	// Digest is the digest of the content that is pushed.
	Digest string
	// Tags are those that the write sets, each once. None is a push by digest, which moves no tag.
	Tags []TagWrite
}

// A TagWrite is one tag that a write sets.
type TagWrite struct {
	Tag string
	// Current is what the tag resolves to before the write.
	Current Current
}

// A DeleteTag deletes a tag, and its manifest stays.
type DeleteTag struct {
	Repository string
	Tag        string
	// Remembers says that the host will remember the digest of the tag, and give it as Retired from then on.
	Remembers bool
}

// A DeleteManifest deletes a manifest, and with it the tags that need it.
type DeleteManifest struct {
	Repository string
	Digest     string
	// TagsKnown says that Tags are all tags that resolve to the digest, or to an index that contains it. Where it is
	// false, the host could not find them out.
	TagsKnown bool
	Tags      []string
	// Remembers is as in DeleteTag, for each of the tags.
	Remembers bool
}

func (Write) operation()          {}
func (DeleteTag) operation()      {}
func (DeleteManifest) operation() {}

// A State says what is known about a tag.
type State uint8

const (
	// StateUnknown is that the host could not find out.
	StateUnknown State = iota
	// StateAbsent is that the tag does not exist, and that the host is sure of it.
	StateAbsent
	// StateDigest is that the tag resolves to a digest.
	StateDigest
	// StateRetired is that the tag does not exist now, but had a digest once and was deleted.
	StateRetired
)

// Current is what a tag resolves to, as far as the host knows. Its zero value is unknown.
type Current struct {
	State State
	// Digest is set for StateDigest and StateRetired.
	Digest string
}

// Unknown is a tag whose state could not be found out.
func Unknown() Current { return Current{} }

// Absent is a tag that does not exist.
func Absent() Current { return Current{State: StateAbsent} }

// ResolvesTo is a tag that resolves to a digest.
func ResolvesTo(digest string) Current { return Current{State: StateDigest, Digest: digest} }

// Retired is a tag that does not exist now, but had this digest once and was deleted.
func Retired(digest string) Current { return Current{State: StateRetired, Digest: digest} }
