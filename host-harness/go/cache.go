package tagseal

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/tetratelabs/wazero"
)

// A Cache says where compiled code is kept from one start to the next.
//
// It is machine code that runs as it is found. So it lies in a folder that belongs to this user and that nobody else may
// write to, and is never taken from anywhere else.
type Cache struct {
	kind   cacheKind
	folder string
}

type cacheKind uint8

const (
	userCache cacheKind = iota
	cacheFolder
	noCache
)

var (
	// UserCache keeps it in `tagseal/wazero` in the user's folder for caches. Where there is no such folder, none can be
	// made, or others may write to it, nothing is kept.
	UserCache = Cache{kind: userCache}
	// NoCache keeps nothing: each start compiles.
	NoCache = Cache{kind: noCache}
)

// CacheFolder keeps it in this folder, which is made if it is not there. A folder that is not safe is refused.
func CacheFolder(path string) Cache {
	return Cache{kind: cacheFolder, folder: path}
}

// open returns the opened cache, nil where nothing is kept.
func (c Cache) open() (wazero.CompilationCache, error) {
	switch c.kind {
	case noCache:
		return nil, nil
	case cacheFolder:
		opened, err := openCache(c.folder)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrCache, err)
		}
		return opened, nil
	default:
		caches, err := os.UserCacheDir()
		if err != nil {
			return nil, nil
		}
		opened, err := openCache(filepath.Join(caches, "tagseal", "wazero"))
		if err != nil {
			return nil, nil
		}
		return opened, nil
	}
}

func openCache(folder string) (wazero.CompilationCache, error) {
	safe, err := secure(folder)
	if err != nil {
		return nil, err
	}
	return wazero.NewCompilationCacheWithDir(safe)
}

// secure makes the folder if it is not there, and returns its true path if only this user may write to it.
func secure(folder string) (string, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	absolute, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	resolved, err := filepath.EvalSymlinks(absolute)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(resolved)
	if err != nil {
		return "", err
	}
	return resolved, checkOwner(resolved, info)
}
