//! Figures for people, and tables of them in Markdown.

/// A time in nanoseconds, to three digits.
pub(crate) fn time(nanoseconds: f64) -> String {
    scaled(nanoseconds, 1e3, &["ns", "µs", "ms", "s"])
}

/// A number of bytes, to three digits.
pub(crate) fn bytes(bytes: f64) -> String {
    scaled(bytes, 1024.0, &["B", "KiB", "MiB", "GiB"])
}

/// A ratio, to three digits.
pub(crate) fn ratio(ratio: f64) -> String {
    format!("{} ×", digits(ratio))
}

fn scaled(value: f64, step: f64, units: &[&str]) -> String {
    let mut value = value;
    let mut units = units.iter();
    let mut unit = units.next();
    while value >= step * 0.9995
        && let Some(next) = units.next()
    {
        value /= step;
        unit = Some(next);
    }
    format!("{} {}", digits(value), unit.unwrap_or(&""))
}

fn digits(value: f64) -> String {
    match value {
        value if value.is_nan() => "-".to_owned(),
        value if value >= 99.95 => grouped(value.round() as u64),
        value if value >= 9.995 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

/// A whole number with a comma before each three digits.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && at % 3 == first {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A table in Markdown. All columns but the first stand right.
pub(crate) fn markdown(head: &[&str], rows: &[Vec<String>]) -> String {
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let width = |column: usize| {
        let cells = rows.iter().chain([&head]).filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| match column {
            0 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
    };
    let rule = widths.iter().enumerate().map(|(column, width)| match column {
        0 => "-".repeat(width + 2),
        _ => format!("{}:", "-".repeat(width + 1)),
    });
    let rule = format!("|{}|\n", rule.collect::<Vec<_>>().join("|"));
    [line(&head), rule].into_iter().chain(rows.iter().map(line)).collect()
}
