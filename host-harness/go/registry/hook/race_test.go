package hook_test

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
)

// rounds is how often each race is run: 20 times, or as often as TAGSEAL_ROUNDS says.
func rounds(t *testing.T) int {
	t.Helper()
	text := os.Getenv("TAGSEAL_ROUNDS")
	if text == "" {
		return 20
	}
	count, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("TAGSEAL_ROUNDS is not a number: %v", err)
	}
	return count
}

var racers = []int{2, 8, 32}

// atOnce starts so many at the same moment, and waits for all.
func atOnce(count int, run func(int)) {
	var all sync.WaitGroup
	begin := make(chan struct{})
	for number := range count {
		all.Go(func() {
			<-begin
			run(number)
		})
	}
	close(begin)
	all.Wait()
}

func images(r *registry, count int) []manifest {
	made := make([]manifest, count)
	for number := range made {
		made[number] = r.image("prod/app", fmt.Sprint("image ", number))
	}
	return made
}

// race lets clients push different images under a new tag, and returns the images that were taken.
func race(t *testing.T, r *registry, tag string, images []manifest) []manifest {
	t.Helper()
	replies := make([]reply, len(images))
	atOnce(len(images), func(number int) { replies[number] = r.push("prod/app", tag, images[number]) })
	var winners []manifest
	for number, answer := range replies {
		switch answer.status {
		case http.StatusCreated:
			winners = append(winners, images[number])
		case http.StatusConflict:
		default:
			t.Fatalf("expected 201 or 409, got %d: %s", answer.status, answer.body)
		}
	}
	return winners
}

func TestOfFirstPushesAtOnceOneWinsAndTheTagIsItsOwn(t *testing.T) {
	for _, count := range racers {
		for name, folder := range folders(t) {
			t.Run(fmt.Sprintf("%d pushes %s", count, name), func(t *testing.T) {
				r := start(t, setup{folder: folder})
				images := images(r, count)
				for round := range rounds(t) {
					tag := fmt.Sprint("v", round)
					winners := race(t, r, tag, images)
					if len(winners) != 1 {
						t.Fatalf("round %d: expected one winner, got %d", round, len(winners))
					}
					r.expectTag("prod/app", tag, winners[0].digest())
				}
			})
		}
	}
}

// Without the hook, distribution takes all of them. It shows that the races above are races.
func TestWithoutTheHookAllOfThemWin(t *testing.T) {
	for _, count := range racers {
		t.Run(fmt.Sprint(count, " pushes"), func(t *testing.T) {
			r := start(t, setup{plain: true})
			images := images(r, count)
			single := 0
			for round := range rounds(t) {
				if len(race(t, r, fmt.Sprint("v", round), images)) == 1 {
					single++
				}
			}
			t.Logf("one winner in %d of %d rounds", single, rounds(t))
			if single > 0 {
				t.Errorf("expected that distribution takes every push, but one alone won in %d rounds", single)
			}
		})
	}
}

func TestDeletesThatAreRefusedChangeNothingInARace(t *testing.T) {
	r := start(t, setup{})
	images := images(r, 8)
	for round := range rounds(t) {
		tag := fmt.Sprint("v", round)
		replies := make([]reply, len(images))
		atOnce(3*len(images), func(number int) {
			image := images[number%len(images)]
			switch number / len(images) {
			case 0:
				replies[number] = r.push("prod/app", tag, image)
			case 1:
				r.delete("prod/app", tag)
			default:
				r.delete("prod/app", image.digest())
			}
		})
		var winner *manifest
		for number, answer := range replies {
			if answer.status == http.StatusCreated {
				if winner != nil {
					t.Fatalf("round %d: two winners", round)
				}
				winner = &images[number]
			}
		}
		if winner == nil {
			t.Fatalf("round %d: no winner", round)
		}
		r.expectTag("prod/app", tag, winner.digest())
		r.ask(http.MethodGet, "/v2/prod/app/manifests/"+tag, "", nil).expect(t, http.StatusOK)
	}
}

// Each push that is taken after another one needs a delete between them.
func TestDeletesThatAreAllowedGiveTheTagAwayOnceEach(t *testing.T) {
	r := start(t, setup{policy: policyOf("allow")})
	images := images(r, 16)
	for round := range rounds(t) {
		tag := fmt.Sprint("v", round)
		var taken, deleted atomic.Int64
		atOnce(2*len(images), func(number int) {
			image := images[number/2]
			switch {
			case number%2 == 0:
				if r.push("prod/app", tag, image).status == http.StatusCreated {
					taken.Add(1)
				}
			case number%4 == 1:
				if r.delete("prod/app", tag).status == http.StatusAccepted {
					deleted.Add(1)
				}
			default:
				if r.delete("prod/app", image.digest()).status == http.StatusAccepted {
					deleted.Add(1)
				}
			}
		})
		if taken.Load() < 1 || taken.Load() > deleted.Load()+1 {
			t.Fatalf("round %d: %d images were taken, and %d deletes", round, taken.Load(), deleted.Load())
		}
	}
}

// A tag that was pushed has its image, whatever was deleted meanwhile.
func TestAnImageIsNotDeletedWhileItIsTagged(t *testing.T) {
	r := start(t, setup{})
	for round := range rounds(t) {
		repository := fmt.Sprint("prod/app", round)
		image := r.image(repository, "image")
		both := index(t, image.descriptor())
		r.pushed(repository, image.digest(), image)
		var pushed, removed reply
		atOnce(2, func(number int) {
			if number == 0 {
				pushed = r.push(repository, "v1", both)
			} else {
				removed = r.delete(repository, image.digest())
			}
		})
		if pushed.status == http.StatusCreated && removed.status == http.StatusAccepted {
			t.Fatalf("round %d: the image of a tag was deleted", round)
		}
		if pushed.status != http.StatusCreated && removed.status != http.StatusAccepted {
			t.Fatalf("round %d: neither was carried out: %s; %s", round, pushed.body, removed.body)
		}
	}
}
