package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

// asCommand makes the test program the command itself.
const asCommand = "TAGSEAL_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

const pushOnce = `{"version": 1, "rules": [{"id": 1, "namespace": "prod", "preset": "latest"}]}`

// A server is the command in a process of its own.
type server struct {
	t      *testing.T
	folder string
	url    string
	client *http.Client
}

// configure writes a configuration and a policy into a new folder.
func configure(t *testing.T) *server {
	t.Helper()
	address, folder := freeAddress(t), t.TempDir()
	text := fmt.Sprintf(`
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage:
  filesystem: {rootdirectory: %[1]s/store}
  delete: {enabled: true}
http: {addr: %[2]s}
middleware:
  repository:
    - name: tagseal
      options: {policy: %[1]s/policy.json}
`, folder, address)
	write(t, filepath.Join(folder, "config.yml"), text)
	write(t, filepath.Join(folder, "policy.json"), pushOnce)
	return &server{t: t, folder: folder, url: "http://" + address, client: &http.Client{}}
}

// freeAddress is one where nobody listens, and which no connection takes while a registry starts again: its port is below those
// that Linux gives to connections.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 1000 {
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 10_000+rand.IntN(20_000)))
		if err != nil {
			continue
		}
		if err := listener.Close(); err != nil {
			t.Fatal(err)
		}
		return listener.Addr().String()
	}
	t.Fatal("no port is free")
	return ""
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// command is the command with these arguments and the configuration of the server.
func (s *server) command(ctx context.Context, arguments ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, os.Args[0], append(arguments, filepath.Join(s.folder, "config.yml"))...)
	command.Env = append(os.Environ(), asCommand+"=1", "OTEL_TRACES_EXPORTER=none")
	return command
}

// serve starts the registry, waits until it answers, and returns what kills it.
func (s *server) serve() func() {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	command := s.command(ctx, "serve")
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	if err := command.Start(); err != nil {
		s.t.Fatal(err)
	}
	kill := sync.OnceFunc(func() {
		cancel()
		_ = command.Wait()
		s.client.CloseIdleConnections()
	})
	s.t.Cleanup(kill)
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if status, _ := s.ask(http.MethodGet, "/v2/", nil); status == http.StatusOK {
			return kill
		}
	}
	kill()
	s.t.Fatalf("the registry does not answer: %s", output.String())
	return nil
}

// ask sends a request. The status is 0 where there is no answer.
func (s *server) ask(method, path string, body []byte) (int, http.Header) {
	request, err := http.NewRequest(method, s.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil
	}
	request.Header.Set("Content-Type", v1.MediaTypeImageIndex)
	request.Header.Set("Accept", v1.MediaTypeImageIndex)
	response, err := s.client.Do(request)
	if err != nil {
		return 0, nil
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode, response.Header
}

func (s *server) push(tag string, image []byte) int {
	status, _ := s.ask(http.MethodPut, "/v2/prod/app/manifests/"+tag, image)
	return status
}

// resolves returns the digest of a tag, empty where it is absent.
func (s *server) resolves(tag string) string {
	s.t.Helper()
	status, header := s.ask(http.MethodHead, "/v2/prod/app/manifests/"+tag, nil)
	if status != http.StatusOK && status != http.StatusNotFound {
		s.t.Fatalf("tag %s: %d", tag, status)
	}
	return header.Get("Docker-Content-Digest")
}

// image is an index without manifests, so that nothing has to be uploaded before.
func image(name string) []byte {
	return fmt.Appendf(nil, `{"schemaVersion":2,"mediaType":%q,"manifests":[],"annotations":{"name":%q}}`, v1.MediaTypeImageIndex, name)
}

func TestARegistryThatIsKilledUnderPushesKeepsWhatItSaid(t *testing.T) {
	rounds := 20
	if text := os.Getenv("TAGSEAL_ROUNDS"); text != "" {
		var err error
		if rounds, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	s := configure(t)
	const racers = 8
	answered, left := 0, 0
	for round := range rounds {
		kill := s.serve()
		tag := fmt.Sprint("v", round)
		var statuses [racers]int
		var all sync.WaitGroup
		answers := make(chan int, racers)
		for racer := range racers {
			all.Go(func() {
				statuses[racer] = s.push(tag, image(fmt.Sprint(round, racer)))
				answers <- statuses[racer]
			})
		}
		all.Go(func() {
			if status, _ := s.ask(http.MethodDelete, "/v2/prod/app/manifests/"+tag, nil); status == http.StatusAccepted {
				t.Errorf("round %d: the tag was deleted", round)
			}
		})
		// It dies at some time, or when so many were answered, while the others are under way.
		if round%2 == 1 {
			time.Sleep(time.Duration(rand.IntN(12)) * time.Millisecond)
		} else {
			for range 1 + rand.IntN(racers-1) {
				<-answers
			}
		}
		kill()
		all.Wait()

		kill = s.serve()
		found := s.resolves(tag)
		for racer, status := range statuses {
			if status == http.StatusCreated {
				answered++
				if want := digest.FromBytes(image(fmt.Sprint(round, racer))).String(); found != want {
					t.Fatalf("round %d: the registry said that %s is %s, and after its death it is %q", round, tag, want, found)
				}
			}
		}
		late := image(fmt.Sprint(round, "late"))
		switch status := s.push(tag, late); {
		case found == "" && status == http.StatusCreated:
			found = digest.FromBytes(late).String()
		case found != "" && status == http.StatusConflict:
			left++
		default:
			t.Fatalf("round %d: %s was %q, and a push of something else got %d", round, tag, found, status)
		}
		if now := s.resolves(tag); now != found {
			t.Fatalf("round %d: %s moved from %s to %q", round, tag, found, now)
		}
		kill()
	}
	if left == 0 {
		t.Error("it always died before a push had an effect, so nothing was proved")
	}
	t.Logf("%d rounds: %d pushes were answered before the death, %d tags were there after it", rounds, answered, left)
}

func TestServeEndsAtOnceWhenTheGuardCanNotBeUsed(t *testing.T) {
	s := configure(t)
	for name, document := range map[string]string{
		"an invalid policy": `{"version": 1, "rules": [{"id": 1, "namespace": "prod", "preset": "lattest"}]}`,
		"half a policy":     `{"version": 1, "ru`,
	} {
		write(t, filepath.Join(s.folder, "policy.json"), document)
		expectRefusal(t, s, name, "the policy can't be loaded")
	}
	write(t, filepath.Join(s.folder, "policy.json"), pushOnce)
	config := read(t, filepath.Join(s.folder, "config.yml"))
	for option, message := range map[string]string{
		"component: /dev/null": "the component can't be loaded",
		"mode: watch":          "there is no mode `watch`",
		"polcy: x":             "there is no option `polcy`",
	} {
		changed := strings.Replace(config, "options: {", "options: {"+option+", ", 1)
		write(t, filepath.Join(s.folder, "config.yml"), changed)
		expectRefusal(t, s, option, message)
	}
}

// expectRefusal starts the registry, and expects that it ends with a message.
func expectRefusal(t *testing.T, s *server, name, message string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	output, err := s.command(ctx, "serve").CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(string(output), message) {
		t.Errorf("%s: expected the exit code 1 and %q, got %v: %s", name, message, err, output)
	}
	if strings.Contains(string(output), "panic") {
		t.Errorf("%s: expected no panic: %s", name, output)
	}
}

func TestGarbageCollectSaysThatItIsNotGuarded(t *testing.T) {
	s := configure(t)
	kill := s.serve()
	if status := s.push("v1", image("v1")); status != http.StatusCreated {
		t.Fatal(status)
	}
	kill()
	// Its exit code is distribution's own: here it misses the folder of blobs, since none was uploaded.
	output, _ := s.command(t.Context(), "garbage-collect", "--dry-run").CombinedOutput()
	for _, text := range []string{"garbage-collect is not guarded", "prod/app: marking manifest sha256:"} {
		if !strings.Contains(string(output), text) {
			t.Errorf("expected %q: %s", text, output)
		}
	}
}

func TestTheExampleConfigurationsStart(t *testing.T) {
	for file, places := range map[string][]string{
		"config.yml": {"/etc/tagseal/policy.json", "/var/log/tagseal", "/var/lib/registry", "127.0.0.1:5000", "127.0.0.1:5001"},
		"try.yml":    {"example/policy.json", "127.0.0.1:5000"},
	} {
		t.Run(file, func(t *testing.T) {
			s := configure(t)
			s.useExample(file, places)
			s.serve()
			for tag, want := range map[string]int{"1.0.0": http.StatusConflict, "latest": http.StatusCreated} {
				if status := s.push(tag, image("first")); status != http.StatusCreated {
					t.Errorf("%s: expected the first push to be taken, got %d", tag, status)
				}
				if status := s.push(tag, image("other")); status != want {
					t.Errorf("%s: expected %d, got %d", tag, want, status)
				}
			}
		})
	}
}

// useExample takes an example in the place of the configuration, with these places in it moved into the server's folder.
func (s *server) useExample(file string, places []string) {
	s.t.Helper()
	text, policy := read(s.t, "../../example/"+file), read(s.t, "../../example/policy.json")
	write(s.t, filepath.Join(s.folder, "policy.json"), policy)
	moved := map[string]string{
		"/etc/tagseal/policy.json": filepath.Join(s.folder, "policy.json"),
		"example/policy.json":      filepath.Join(s.folder, "policy.json"),
		"/var/log/tagseal":         s.folder,
		"/var/lib/registry":        filepath.Join(s.folder, "store"),
		"127.0.0.1:5000":           strings.TrimPrefix(s.url, "http://"),
		"127.0.0.1:5001":           "127.0.0.1:0",
	}
	for _, place := range places {
		if !strings.Contains(text, place) {
			s.t.Fatalf("%s has no `%s`", file, place)
		}
		text = strings.ReplaceAll(text, place, moved[place])
	}
	write(s.t, filepath.Join(s.folder, "config.yml"), text)
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
