// Package hook makes tags immutable by rule inside CNCF distribution, which stays as it is.
//
// A program that imports the package for its side effects gets the repository middleware `tagseal`, and the HTTP handler
// that belongs to it:
//
//	import _ "tagseal/registry/hook"
//
// The middleware judges each push of a tag, and each delete of a tag, a manifest or a blob, before distribution carries
// it out. The handler gives a denial its status, and keeps the locks that a request took until it is answered. What no
// policy decided is refused.
//
// The promise that a tag is pushed once holds while one process writes to a store.
package hook

import (
	"fmt"

	"github.com/distribution/distribution/v3/registry"
	middleware "github.com/distribution/distribution/v3/registry/middleware/repository"
)

// Name is the name of the middleware in distribution's configuration.
const Name = "tagseal"

func init() {
	if err := middleware.Register(Name, wrap); err != nil {
		panic(fmt.Sprintf("the middleware %s can't be registered: %v", Name, err))
	}
	registry.RegisterHandler(handler)
}
