package tagseal

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"tagseal/internal/component"
)

// interfaceName is the interface that a component exports.
const interfaceName = "tagseal:policy/tag-policy@0.2.0"

const resourceName = "policy"

// interfaceJSON is a copy of wit/interface.json, which is written from the WIT.
//
//go:generate cp ../../wit/interface.json interface.json
//go:embed interface.json
var interfaceJSON []byte

// A table says what a component exports.
type table struct {
	Interface string
	Functions map[string]struct {
		Type string
		Core struct {
			Params  []string
			Results []string
		}
	}
}

func readTable() (*table, error) {
	read := new(table)
	if err := json.Unmarshal(interfaceJSON, read); err != nil {
		return nil, fmt.Errorf("interface.json: %w", err)
	}
	return read, nil
}

// check returns the interface of the contract, if the component exports it, with every type as the contract has it.
func (t *table) check(program *component.Program) (component.Interface, error) {
	found, known := program.Interfaces[t.Interface]
	if !known {
		return found, fmt.Errorf("%w: it does not export it", ErrInterface)
	}
	resource := found.Resources[resourceName]
	if resource == nil {
		return found, fmt.Errorf("%w: it has no resource `%s`", ErrInterface, resourceName)
	}
	var missing []string
	for name, expected := range t.Functions {
		lifted, known := found.Funcs[name]
		if !known || named(lifted.Type, resource) != expected.Type {
			missing = append(missing, "`"+name+"`")
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return found, fmt.Errorf("%w: missing or of another type: %s", ErrInterface, strings.Join(missing, ", "))
	}
	return found, nil
}

// named writes the name of the resource in place of its number.
func named(text string, resource *component.Resource) string {
	return strings.ReplaceAll(text, fmt.Sprintf("<#%d>", resource.Number), "<"+resourceName+">")
}
