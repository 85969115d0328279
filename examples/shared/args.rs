//! A small option parser: `--name value`, `--name=value`, and `--flag`.

/// What stood on the command line.
pub struct Args {
    values: Vec<(String, String)>,
    flags: Vec<String>,
}

impl Args {
    /// Reads `words`; `values` are the names that take a value, `flags` those that do not.
    pub fn parse(
        words: impl IntoIterator<Item = String>,
        values: &[&str],
        flags: &[&str],
    ) -> Result<Self, String> {
        let mut args = Self {
            values: Vec::new(),
            flags: Vec::new(),
        };
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let (name, attached) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (&*word, None),
            };
            if flags.contains(&name) && attached.is_none() {
                args.flags.push(word);
            } else if flags.contains(&name) {
                return Err(format!(
                    "{name} takes no value; leave out what follows the ="
                ));
            } else if values.contains(&name) {
                let value = attached
                    .or_else(|| words.next())
                    .filter(|value| !value.is_empty() && !value.starts_with("--"))
                    .ok_or_else(|| format!("{name} needs a value; --help shows which"))?;
                args.values
                    .push((name.to_owned(), value));
            } else {
                return Err(format!("{name} is not an option; --help lists them"));
            }
        }
        Ok(args)
    }

    /// Whether a flag is there.
    pub fn flag(&self, name: &str) -> bool {
        self.flags
            .iter()
            .any(|flag| flag == name)
    }

    /// The values of an option that may be there several times.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.values
            .iter()
            .filter(move |(given, _)| given == name)
            .map(|(_, value)| value.as_str())
    }

    /// The value of an option that may be left out.
    pub fn optional(&self, name: &str) -> Result<Option<&str>, String> {
        let mut all = self.all(name);
        match (all.next(), all.next()) {
            (_, Some(_)) => Err(format!("{name} is there more than once; leave one")),
            (value, None) => Ok(value),
        }
    }
}
