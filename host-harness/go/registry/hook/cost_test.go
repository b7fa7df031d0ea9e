package hook_test

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"testing"
	"time"
)

// BenchmarkPush measures pushes over HTTP by one client: first ones without and with the hook, and refused ones.
func BenchmarkPush(b *testing.B) {
	for name, folder := range map[string]string{"in memory": "", "in files": b.TempDir()} {
		for _, guarded := range []bool{false, true} {
			b.Run(fmt.Sprintf("first push/%s/hook=%v", name, guarded), func(b *testing.B) {
				r := start(b, setup{plain: !guarded, folder: folder})
				image := r.image("prod/app", "image")
				number := 0
				for b.Loop() {
					r.pushed("prod/app", fmt.Sprintf("v%d-%v", number, guarded), image)
					number++
				}
			})
		}
		b.Run("refusal/"+name, func(b *testing.B) {
			r := start(b, setup{folder: folder})
			r.pushed("prod/app", "kept", r.image("prod/app", "image"))
			other := r.image("prod/app", "other")
			for b.Loop() {
				r.push("prod/app", "kept", other).expect(b, http.StatusConflict)
			}
		})
	}
}

// TestCosts compares in one run, turn by turn, and fails where the hook costs more than it may. It measures, so it runs
// only where TAGSEAL_COSTS is set.
func TestCosts(t *testing.T) {
	if os.Getenv("TAGSEAL_COSTS") == "" {
		t.Skip("TAGSEAL_COSTS is not set")
	}
	const turns = 500
	for name, folders := range map[string][2]string{"in memory": {}, "in files": {t.TempDir(), t.TempDir()}} {
		plain := start(t, setup{plain: true, folder: folders[0]})
		guarded := start(t, setup{folder: folders[1]})
		image, other := plain.image("prod/app", "image"), guarded.image("prod/app", "other")
		guarded.image("prod/app", "image")
		var pushes, guardedPushes, refusals []time.Duration
		for turn := range turns {
			tag := fmt.Sprint("v", turn)
			pushes = append(pushes, timed(func() { plain.pushed("prod/app", tag, image) }))
			guardedPushes = append(guardedPushes, timed(func() { guarded.pushed("prod/app", tag, image) }))
			refusals = append(refusals, timed(func() { guarded.push("prod/app", tag, other).expect(t, http.StatusConflict) }))
		}
		without, with, refusal := median(pushes), median(guardedPushes), median(refusals)
		ratio := float64(with) / float64(without)
		t.Logf("%s, median of %d: a first push takes %v without the hook and %v with it (%.2f times), a refusal %v",
			name, turns, without, with, ratio, refusal)
		if ratio > 1.3 {
			t.Errorf("%s: a first push takes %.2f times as long as without the hook, at most 1.3 times is allowed", name, ratio)
		}
		if refusal >= with {
			t.Errorf("%s: a refusal takes longer than a push", name)
		}
	}
}

func timed(run func()) time.Duration {
	begin := time.Now()
	run()
	return time.Since(begin)
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}
