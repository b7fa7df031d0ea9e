//go:build unix

package tagseal

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// writableByOthers are the bits of a folder's mode that let others write.
const writableByOthers = 0o022

func checkOwner(folder string, info fs.FileInfo) error {
	if owner, ok := info.Sys().(*syscall.Stat_t); !ok || int(owner.Uid) != os.Geteuid() {
		return fmt.Errorf("`%s` belongs to another user", folder)
	}
	if info.Mode().Perm()&writableByOthers != 0 {
		return fmt.Errorf("others may write to `%s`; run `chmod 700` on it", folder)
	}
	return nil
}
