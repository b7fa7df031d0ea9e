//! Texts that are given twice.

/// Returns the lowest index of a text that is given a second time.
pub(super) fn first_duplicate<'a>(texts: impl ExactSizeIterator<Item = &'a str> + Clone) -> Option<usize> {
    // So few are compared faster than they are sorted.
    const FEW: usize = 8;
    if texts.len() <= 1 {
        return None;
    }
    if texts.len() <= FEW {
        return texts
            .clone()
            .enumerate()
            .position(|(index, text)| texts.clone().take(index).any(|other| other == text));
    }
    let mut sorted: Vec<(&str, usize)> = texts.zip(0..).collect();
    sorted.sort_unstable();
    let again = |pair: &[(&str, usize)]| match pair {
        [(one, _), (other, index)] if one == other => Some(*index),
        _ => None,
    };
    sorted.windows(2).filter_map(again).min()
}
