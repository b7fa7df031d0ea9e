//! YAML as JSON, with the place of each value in the YAML.
//!
//! The component reads JSON only. So each value, and each name of a field, is written on a line of its own, and every line of the
//! JSON knows its place in the YAML. A tag of CloudFormation becomes the function that it is short for: `!Ref x` is
//! `{"Ref": "x"}`, and `!Sub x` is `{"Fn::Sub": "x"}`. The fields of a merge key (`<<: *x`) are written where it stands.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, Tag};
use serde_json::{Number, Value};
use tagseal::contract::{Diagnostic, Severity};

/// JSON that was made of YAML.
pub(super) struct JsonOfYaml {
    pub(super) text: String,
    /// Line and column in the YAML, for each line of the text.
    places: Vec<(u32, u32)>,
}

/// The most lines of JSON that YAML becomes. An alias can stand for many.
const MAX_LINES: usize = 1_000_000;

/// The most fields that merge keys bring. A chain of them can repeat the same fields in every link.
const MAX_MERGED_FIELDS: usize = 100_000;

/// The greatest depth of values within values.
const MAX_DEPTH: usize = 100;

impl JsonOfYaml {
    /// The place in the YAML of a line of the JSON.
    pub(super) fn place(&self, line: u32) -> (u32, u32) {
        let index = usize::try_from(line).unwrap_or_default().saturating_sub(1);
        self.places.get(index).copied().unwrap_or((1, 1))
    }

    /// The same for YAML that is itself part of another text: each place is moved to where it is there.
    pub(super) fn moved(mut self, to: impl Fn((u32, u32)) -> (u32, u32)) -> Self {
        self.places.iter_mut().for_each(|place| *place = to(*place));
        self
    }
}

/// Converts YAML to JSON.
///
/// # Errors
///
/// - `a: [`: not valid YAML
/// - two documents in one text, a name of a field that is not a scalar, a merge key (`<<`) without a map
/// - aliases that repeat a value too often, values that are too deep
pub(super) fn to_json(yaml: &str) -> Result<JsonOfYaml, Diagnostic> {
    let mut reader = Reader { parser: Parser::new_from_str(yaml), anchors: HashMap::new(), merged_fields: 0 };
    let root = reader.document()?;
    let mut json = JsonOfYaml { text: String::new(), places: Vec::new() };
    json.write(&root, "")?;
    Ok(json)
}

/// A value, and its place.
struct Node {
    place: Place,
    kind: Kind,
}

enum Kind {
    /// In JSON.
    Scalar(String),
    List(Vec<Rc<Node>>),
    Map(Vec<Field>),
}

/// A name, and its value.
type Field = (Rc<Node>, Rc<Node>);

/// Line and column, from 1.
#[derive(Clone, Copy)]
struct Place {
    line: u32,
    column: u32,
}

struct Reader<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    anchors: HashMap<usize, Rc<Node>>,
    /// How many fields merge keys have brought so far.
    merged_fields: usize,
}

impl Reader<'_> {
    /// Reads the only document. An empty text is null.
    fn document(&mut self) -> Result<Rc<Node>, Diagnostic> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => break,
                Event::DocumentStart(_) if root.is_some() => {
                    return Err(problem(
                        Place::of(&span),
                        "the text has several documents",
                        "give one document per file",
                    ));
                }
                Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
                event => root = Some(self.node(event, span, 0)?),
            }
        }
        Ok(root.unwrap_or_else(|| {
            Rc::new(Node { place: Place { line: 1, column: 1 }, kind: Kind::Scalar("null".to_owned()) })
        }))
    }

    fn next(&mut self) -> Result<(OwnedEvent, Span), Diagnostic> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((owned(event), span)),
            Some(Err(error)) => Err(invalid(&error)),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn node(&mut self, event: OwnedEvent, span: Span, depth: usize) -> Result<Rc<Node>, Diagnostic> {
        let place = Place::of(&span);
        if depth > MAX_DEPTH {
            return Err(problem(place, "the value is too deep", "write it flatter"));
        }
        let (kind, anchor, tag) = match event {
            Event::Alias(id) => {
                let node = self.anchors.get(&id).map(Rc::clone);
                return node.ok_or_else(|| problem(place, "the alias is part of its own value", "write the value out"));
            }
            Event::Scalar(text, style, anchor, tag) => {
                (Kind::Scalar(scalar(&text, style, tag.as_deref())), anchor, tag)
            }
            Event::SequenceStart(anchor, tag) => (Kind::List(self.list(depth)?), anchor, tag),
            Event::MappingStart(anchor, tag) => (Kind::Map(self.map(depth)?), anchor, tag),
            _ => return Err(problem(place, "a value is missing here", "fix the YAML here")),
        };
        let node = Rc::new(Node { place, kind });
        let node = match tag.as_deref().and_then(function) {
            Some(name) => Rc::new(called(name, node)),
            None => node,
        };
        if anchor > 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        Ok(node)
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Rc<Node>>, Diagnostic> {
        let mut nodes = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(nodes),
                (event, span) => nodes.push(self.node(event, span, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Vec<Field>, Diagnostic> {
        let (mut fields, mut merged) = (Vec::new(), None);
        loop {
            let (event, span) = self.next()?;
            let place = Place::of(&span);
            let name = match event {
                Event::MappingEnd => break,
                Event::Scalar(text, ScalarStyle::Plain, _, None) if text == "<<" => {
                    let (event, span) = self.next()?;
                    let value = self.node(event, span, depth + 1)?;
                    if merged.replace((place, value)).is_some() {
                        return Err(problem(place, "a second merge key", "give the first one a list: `<<: [*a, *b]`"));
                    }
                    continue;
                }
                Event::Scalar(text, ..) => Rc::new(Node { place, kind: Kind::Scalar(Value::from(&*text).to_string()) }),
                _ => return Err(problem(place, "the name of a field is not a text", "write a text here")),
            };
            let (event, span) = self.next()?;
            fields.push((name, self.node(event, span, depth + 1)?));
        }
        if let Some((place, merged)) = merged {
            self.merge(&mut fields, place, &merged)?;
        }
        Ok(fields)
    }

    /// Adds the fields of a merge key. A field that is written out counts, and of several maps the first one with it.
    fn merge(&mut self, fields: &mut Vec<Field>, place: Place, merged: &Node) -> Result<(), Diagnostic> {
        let maps = match &merged.kind {
            Kind::List(nodes) => nodes.iter().map(|node| map_fields(node)).collect(),
            Kind::Scalar(_) | Kind::Map(_) => map_fields(merged).map(|fields| vec![fields]),
        };
        let maps: Vec<&[Field]> =
            maps.ok_or_else(|| problem(place, "a merge key without a map", "give it `*name`, the alias of a map"))?;
        let mut known: HashSet<String> =
            fields.iter().filter_map(|(name, _)| name.scalar().map(str::to_owned)).collect();
        for (name, value) in maps.into_iter().flatten() {
            self.merged_fields += 1;
            if self.merged_fields > MAX_MERGED_FIELDS {
                return Err(problem(place, "the merge keys repeat too much", "write the fields out"));
            }
            if name.scalar().is_some_and(|name| known.insert(name.to_owned())) {
                fields.push((Rc::clone(name), Rc::clone(value)));
            }
        }
        Ok(())
    }
}

impl Node {
    /// The scalar that it is, in JSON.
    fn scalar(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(json) => Some(json),
            Kind::List(_) | Kind::Map(_) => None,
        }
    }
}

/// The fields of a map. `None` if it is another value.
fn map_fields(node: &Node) -> Option<&[Field]> {
    match &node.kind {
        Kind::Map(fields) => Some(fields),
        Kind::Scalar(_) | Kind::List(_) => None,
    }
}

impl JsonOfYaml {
    /// Writes a value, and what stands after it on its last line.
    fn write(&mut self, node: &Node, after: &str) -> Result<(), Diagnostic> {
        match &node.kind {
            Kind::Scalar(json) => self.write_line(node.place, &format!("{json}{after}")),
            Kind::List(nodes) => {
                self.write_line(node.place, "[")?;
                for (index, value) in nodes.iter().enumerate() {
                    self.write(value, comma(index, nodes.len()))?;
                }
                self.write_line(node.place, &format!("]{after}"))
            }
            Kind::Map(fields) => {
                self.write_line(node.place, "{")?;
                for (index, (name, value)) in fields.iter().enumerate() {
                    self.write(name, ":")?;
                    self.write(value, comma(index, fields.len()))?;
                }
                self.write_line(node.place, &format!("}}{after}"))
            }
        }
    }

    fn write_line(&mut self, place: Place, line: &str) -> Result<(), Diagnostic> {
        if self.places.len() >= MAX_LINES {
            return Err(problem(place, "the text repeats too much", "write it without aliases, or in smaller files"));
        }
        self.text.push_str(line);
        self.text.push('\n');
        self.places.push((place.line, place.column));
        Ok(())
    }
}

impl Place {
    fn of(span: &Span) -> Self {
        Self::at(&span.start)
    }

    fn at(marker: &Marker) -> Self {
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Self { line: number(marker.line()).max(1), column: number(marker.col().saturating_add(1)) }
    }
}

/// An event that does not borrow from the parser.
type OwnedEvent = Event<'static>;

fn owned(event: Event<'_>) -> OwnedEvent {
    let own = |tag: Option<Cow<'_, Tag>>| tag.map(|tag| Cow::Owned(tag.into_owned()));
    match event {
        Event::Scalar(text, style, anchor, tag) => {
            Event::Scalar(Cow::Owned(text.into_owned()), style, anchor, own(tag))
        }
        Event::SequenceStart(anchor, tag) => Event::SequenceStart(anchor, own(tag)),
        Event::MappingStart(anchor, tag) => Event::MappingStart(anchor, own(tag)),
        Event::Alias(anchor) => Event::Alias(anchor),
        Event::DocumentStart(is_explicit) => Event::DocumentStart(is_explicit),
        Event::DocumentEnd => Event::DocumentEnd,
        Event::SequenceEnd => Event::SequenceEnd,
        Event::MappingEnd => Event::MappingEnd,
        Event::StreamStart => Event::StreamStart,
        Event::StreamEnd => Event::StreamEnd,
        Event::Nothing => Event::Nothing,
    }
}

/// A scalar in JSON, as the core schema of YAML reads it. A text that is quoted, or tagged, is a string.
fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> String {
    if style != ScalarStyle::Plain || tag.is_some() {
        return Value::from(text).to_string();
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => "null".to_owned(),
        "true" | "True" | "TRUE" => "true".to_owned(),
        "false" | "False" | "FALSE" => "false".to_owned(),
        // A number that JSON writes the same way.
        _ => match serde_json::from_str::<Number>(text) {
            Ok(_) => text.to_owned(),
            Err(_) => Value::from(text).to_string(),
        },
    }
}

/// The function that a tag is short for: `Ref`, `Fn::Sub`. `None` for YAML's own tags.
fn function(tag: &Tag) -> Option<String> {
    (tag.handle == "!" && !tag.suffix.is_empty()).then(|| match tag.suffix.as_str() {
        name @ ("Ref" | "Condition") => name.to_owned(),
        name => format!("Fn::{name}"),
    })
}

/// The call of a function: `{"Ref": "x"}`.
fn called(name: String, argument: Rc<Node>) -> Node {
    let place = argument.place;
    let name = Rc::new(Node { place, kind: Kind::Scalar(Value::from(name).to_string()) });
    Node { place, kind: Kind::Map(vec![(name, argument)]) }
}

fn comma(index: usize, count: usize) -> &'static str {
    if index + 1 < count { "," } else { "" }
}

fn invalid(error: &ScanError) -> Diagnostic {
    problem(Place::at(error.marker()), &format!("invalid YAML: {}", error.info()), "fix the YAML here")
}

fn problem(Place { line, column }: Place, message: &str, help: &str) -> Diagnostic {
    let (message, help) = (message.to_owned(), help.to_owned());
    Diagnostic { severity: Severity::Problem, pointer: String::new(), line, column, message, help }
}

#[cfg(test)]
mod tests {
    use super::to_json;
    use serde_json::{Value, json};

    #[track_caller]
    fn assert_json(yaml: &str, expected: &Value) {
        let json = to_json(yaml).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&json.text).unwrap(), *expected, "{yaml}");
        assert_eq!(json.places.len(), json.text.lines().count(), "{yaml}");
    }

    #[test]
    fn yaml_becomes_json() {
        assert_json("", &Value::Null);
        assert_json("a: 1\nb: [x, 'y', \"z\"]\nc:\n  d: ~\n", &json!({"a": 1, "b": ["x", "y", "z"], "c": {"d": null}}));
        assert_json(
            "a: true\nb: 'true'\nc: 2012-10-17\nd: 007\n",
            &json!({"a": true, "b": "true", "c": "2012-10-17", "d": "007"}),
        );
        assert_json("1: one\n", &json!({"1": "one"}));
        assert_json("a: &x [1]\nb: *x\n", &json!({"a": [1], "b": [1]}));
    }

    #[test]
    fn tags_of_cloudformation_become_functions() {
        assert_json(
            "a: !Ref Name\nb: !Sub '${x}/app'\nc: !GetAtt [a, b]\nd: !!str 1\n",
            &json!({"a": {"Ref": "Name"}, "b": {"Fn::Sub": "${x}/app"}, "c": {"Fn::GetAtt": ["a", "b"]}, "d": "1"}),
        );
    }

    #[test]
    fn the_fields_of_a_merge_key_are_added_unless_they_are_written_out() {
        assert_json(
            "a: &x {b: 1, c: 2}\nd:\n  <<: *x\n  c: 3\n",
            &json!({"a": {"b": 1, "c": 2}, "d": {"b": 1, "c": 3}}),
        );
        assert_json("a: &x {b: 1}\nd: {c: 3, <<: *x}\n", &json!({"a": {"b": 1}, "d": {"b": 1, "c": 3}}));
        assert_json(
            "a: &x {b: 1}\nc: &y {b: 2, d: 3}\ne:\n  <<: [*x, *y]\n",
            &json!({"a": {"b": 1}, "c": {"b": 2, "d": 3}, "e": {"b": 1, "d": 3}}),
        );
        assert_json(
            "a: &x {b: 1}\nc: &y {<<: *x, d: 2}\ne: {<<: *y}\n",
            &json!({
                "a": {"b": 1}, "c": {"b": 1, "d": 2}, "e": {"b": 1, "d": 2}
            }),
        );
        assert_json("a: {<<: {b: 1}}\n", &json!({"a": {"b": 1}}));
        assert_json("a: {'<<': 1}\n", &json!({"a": {"<<": 1}}));
        let json = to_json("a: &x\n  b: 1\nc:\n  <<: *x\n").unwrap();
        let places: Vec<_> = json.text.lines().zip(&json.places).filter(|(line, _)| *line == "1").collect();
        assert_eq!(places, [("1", &(2, 6)), ("1", &(2, 6))], "a field is where it is written");
    }

    #[test]
    fn every_line_knows_its_place() {
        let json = to_json("# A comment\na:\n  - b: x\n").unwrap();
        let line = json.text.lines().position(|line| line == "\"x\"").unwrap() + 1;
        assert_eq!(json.place(u32::try_from(line).unwrap()), (3, 8));
    }

    #[test]
    fn what_can_not_be_converted_is_refused_with_its_place() {
        let many = |levels: usize| {
            let mut yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
            for level in 1..levels {
                let below = format!("*a{}", level - 1);
                yaml.push_str(&format!("a{level}: &a{level} [{}]\n", vec![below; 10].join(", ")));
            }
            yaml
        };
        // Each map merges the one before, and adds a field: the fields grow with the square of the lines.
        let chain = || {
            let link = |n: usize| format!("m{n}: &m{n} {{<<: *m{}, f{n}: 1}}\n", n - 1);
            "m0: &m0 {f0: 1}\n".to_owned() + &(1..2000).map(link).collect::<String>()
        };
        for (yaml, line, message) in [
            ("a: [\n".to_owned(), 2, "invalid YAML"),
            ("a: 1\n---\nb: 2\n".to_owned(), 2, "several documents"),
            ("a:\n  <<: 1\n".to_owned(), 2, "a merge key without a map"),
            ("a:\n  <<: [{b: 1}, 2]\n".to_owned(), 2, "a merge key without a map"),
            ("a: &x {b: 1}\nc:\n  <<: *x\n  <<: *x\n".to_owned(), 4, "a second merge key"),
            ("a: &x {b: 1, <<: *x}\n".to_owned(), 1, "part of its own value"),
            (chain(), 448, "the merge keys repeat too much"),
            ("[a]: 1\n".to_owned(), 1, "not a text"),
            ("[".repeat(200) + &"]".repeat(200), 1, "too deep"),
            (many(9), 1, "repeats too much"),
        ] {
            let error = to_json(&yaml).err().unwrap();
            assert!(error.message.contains(message), "{yaml}: {}", error.message);
            assert_eq!(error.line, line, "{yaml}: {}", error.message);
        }
    }
}
