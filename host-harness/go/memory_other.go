//go:build !linux

package tagseal

func reserve(most uint64) pages {
	return &heapPages{most: most}
}
