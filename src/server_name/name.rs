//! Host names in one form.

/// The longest name of DNS, in characters.
const LONGEST_NAME: usize = 253;

/// A name in lower case and without the dot of the root; `None` if it is none.
pub(super) fn normal_name(name: &str) -> Option<String> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_name = !name.is_empty()
        && name.len() <= LONGEST_NAME
        && name.split('.').all(|label| {
            !label.is_empty()
                && label
                    .bytes()
                    .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'))
        });
    is_name.then(|| name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_one_form() {
        assert_eq!(
            normal_name("WWW.Example.com.").as_deref(),
            Some("www.example.com")
        );
        assert_eq!(normal_name("_a.b-c").as_deref(), Some("_a.b-c"));
        for bad in ["", ".", "a..b", ".a", "a b", "a:1", "*.a", "\u{fc}.a"] {
            assert_eq!(normal_name(bad), None, "{bad}");
        }
        let longest = "a.".repeat(126) + "a";
        assert!(normal_name(&longest).is_some());
        assert_eq!(normal_name(&(longest + "a")), None);
    }
}
