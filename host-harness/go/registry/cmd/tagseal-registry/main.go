// Command tagseal-registry is the registry of CNCF distribution, with the hook of Tagseal inside.
//
// It has distribution's commands and reads distribution's configuration. What makes tags immutable is the repository
// middleware `tagseal` in that configuration:
//
//	middleware:
//	  repository:
//	    - name: tagseal
//	      options:
//	        policy: /etc/tagseal/policy.json
package main

import (
	"fmt"
	"os"

	_ "net/http/pprof" // as in distribution's own command: on its debug address

	"tagseal/registry/hook"

	"github.com/distribution/distribution/v3/configuration"
	"github.com/distribution/distribution/v3/registry"
	_ "github.com/distribution/distribution/v3/registry/auth/htpasswd"
	_ "github.com/distribution/distribution/v3/registry/auth/silly"
	_ "github.com/distribution/distribution/v3/registry/auth/token"
	_ "github.com/distribution/distribution/v3/registry/proxy"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/azure"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/gcs"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/inmemory"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/middleware/cloudfront"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/middleware/redirect"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/middleware/rewrite"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/s3-aws"
	"github.com/spf13/cobra"
)

func main() {
	registry.RootCmd.Use = "tagseal-registry"
	registry.ServeCmd.PreRunE = check
	registry.GCCmd.PreRun = warn
	if err := registry.RootCmd.Execute(); err != nil {
		os.Exit(1)
	}
}

// check finds out whether the component and the policy of the configuration can be used, before anything is served.
func check(command *cobra.Command, arguments []string) error {
	path := os.Getenv("REGISTRY_CONFIGURATION_PATH")
	if len(arguments) > 0 {
		path = arguments[0]
	}
	file, err := os.Open(path)
	if err != nil {
		// What is wrong with the configuration itself is distribution's to say.
		return nil
	}
	defer func() { _ = file.Close() }()
	config, err := configuration.Parse(file)
	if err != nil {
		return nil
	}
	command.SilenceUsage = true
	return hook.Check(command.Context(), config)
}

// warn says that the command does not ask the policy.
func warn(*cobra.Command, []string) {
	fmt.Fprintln(os.Stderr, "tagseal: garbage-collect is not guarded: it asks no policy, and deletes what no manifest refers to. "+
		"Stop the registry before. With --delete-untagged it also deletes manifests that have no tag and are in no tagged index.")
}
