package tagseal_test

import (
	"os"
	"testing"

	"tagseal/internal/vectors"
)

// vectorsVariable names another folder of vectors than that of the checkout.
const vectorsVariable = "TAGSEAL_VECTORS"

func TestVectors(t *testing.T) {
	folder := os.Getenv(vectorsVariable)
	if folder == "" {
		folder = "../../tests/vectors"
	}
	all, err := vectors.Read(folder)
	if err != nil {
		t.Fatal(err)
	}
	component := load(t, nil)
	for _, vector := range all {
		t.Run(vector.File+"/"+vector.Name, func(t *testing.T) {
			if err := vector.Run(t.Context(), component); err != nil {
				t.Error(err)
			}
		})
	}
}
