package vectors

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"tagseal"
)

// optionFields are the options of an import or an export.
type optionFields struct {
	Options     *template `json:"options"`
	OptionsText *template `json:"options-text"`
}

func (o optionFields) options() (string, error) {
	if o.Options == nil && o.OptionsText == nil {
		return "{}", nil
	}
	return either(o.Options, o.OptionsText)
}

// An importVector turns the rules of another registry into a document.
type importVector struct {
	optionFields
	Name     string            `json:"name"`
	Format   string            `json:"format"`
	Rules    *template         `json:"rules"`
	Text     *template         `json:"text"`
	Imported *expectedImported `json:"imported"`
	Refused  *template         `json:"refused"`
}

// expectedImported is what is expected of an import.
type expectedImported struct {
	Document     *template `json:"document"`
	DocumentText *template `json:"document-text"`
	Losses       *template `json:"losses"`
	Deletes      *template `json:"deletes"`
	Back         *template `json:"back"`
}

func (v *importVector) title() string { return v.Name }

// inherit does nothing: a document at the head of a file serves no vector of this kind.
func (v *importVector) inherit(*template) {}

func (v *importVector) ask(ctx context.Context, component *tagseal.Component) ([]string, error) {
	if err := checkExpectations(v.Imported != nil, v.Refused != nil); err != nil {
		return nil, err
	}
	text, err := either(v.Rules, v.Text)
	if err != nil {
		return nil, err
	}
	options, err := v.options()
	if err != nil {
		return nil, err
	}
	imported, err := component.ImportRules(ctx, v.Format, text, options)
	found, refused, err := checkAnswered(v.Refused, err, []string{"unknown-format", "invalid"}, false)
	if refused || err != nil {
		return found, err
	}
	policy, err := component.Compile(ctx, imported.Text)
	if err != nil {
		return nil, fmt.Errorf("the imported document: %w", err)
	}
	defer policy.Close()
	found, err = compareConverted(v.Imported.Document, v.Imported.DocumentText, v.Imported.Losses, imported, "document")
	if err != nil {
		return nil, err
	}
	more, err := v.Imported.compareDeletes(ctx, policy)
	if err != nil || v.Imported.Back == nil {
		return append(found, more...), err
	}
	back, err := component.ExportRules(ctx, v.Format, imported.Text, options)
	if err != nil {
		return nil, fmt.Errorf("the export back: %w", err)
	}
	whole, err := compareWhole("/back", v.Imported.Back, back.Text)
	return append(append(found, more...), whole...), err
}

// compareDeletes asks for the delete of each tag.
func (e *expectedImported) compareDeletes(ctx context.Context, policy *tagseal.Policy) ([]string, error) {
	if e.Deletes == nil {
		return nil, nil
	}
	expected, ok := expand(e.Deletes.value, notRepeated).(object)
	if !ok {
		return nil, errors.New("`deletes` has a code for each tag")
	}
	var found []string
	for _, inner := range expected {
		repository, tag, _ := strings.Cut(inner.name, ":")
		event := tagseal.Event{Operation: tagseal.DeleteTag{Repository: repository, Tag: tag}}
		decision, err := policy.TryEvaluate(ctx, &event)
		if err != nil {
			return nil, err
		}
		found = append(found, differences("/deletes/"+inner.name, inner.value, decision.Code)...)
	}
	return found, nil
}

// An exportVector turns a document into the rules of another registry.
type exportVector struct {
	documentFields
	optionFields
	Name     string            `json:"name"`
	Format   string            `json:"format"`
	Exported *expectedExported `json:"exported"`
	Refused  *template         `json:"refused"`
}

// expectedExported is what is expected of an export.
type expectedExported struct {
	Rules  *template `json:"rules"`
	Text   *template `json:"text"`
	Losses *template `json:"losses"`
	Back   *template `json:"back"`
}

func (v *exportVector) title() string { return v.Name }

func (v *exportVector) ask(ctx context.Context, component *tagseal.Component) ([]string, error) {
	if err := checkExpectations(v.Exported != nil, v.Refused != nil); err != nil {
		return nil, err
	}
	document, err := v.document()
	if err != nil {
		return nil, err
	}
	options, err := v.options()
	if err != nil {
		return nil, err
	}
	exported, err := component.ExportRules(ctx, v.Format, document, options)
	codes := []string{"unknown-format", "invalid", "invalid-document", "not-found", "not-expressible"}
	found, refused, err := checkAnswered(v.Refused, err, codes, false)
	if refused || err != nil {
		return found, err
	}
	found, err = compareConverted(v.Exported.Rules, v.Exported.Text, v.Exported.Losses, exported, "rules")
	if err != nil || v.Exported.Back == nil {
		return found, err
	}
	back, err := component.ImportRules(ctx, v.Format, exported.Text, options)
	if err != nil {
		return nil, fmt.Errorf("the import back: %w", err)
	}
	whole, err := compareWhole("/back", v.Exported.Back, back.Text)
	return append(found, whole...), err
}

// compareConverted compares the text of an import or an export, whole, and its losses.
func compareConverted(value, text, losses *template, converted *tagseal.Converted, name string) ([]string, error) {
	found := checkDiagnostics(converted.Losses, tagseal.Warning)
	if text != nil {
		found = append(found, differences("/text", text.text(), converted.Text)...)
	}
	if losses != nil {
		came, err := valueOf(converted.Losses)
		if err != nil {
			return nil, err
		}
		found = append(found, differences("/losses", expand(losses.value, notRepeated), came)...)
	}
	if value == nil {
		return found, nil
	}
	whole, err := compareWhole("/"+name, value, converted.Text)
	return append(found, whole...), err
}

func compareWhole(place string, expected *template, text string) ([]string, error) {
	came, err := parse(text)
	if err != nil {
		return nil, err
	}
	return wholeDifferences(place, expand(expected.value, notRepeated), came), nil
}
