//! The headers that a function may change, and its changes.

use core::fmt;

use http::HeaderName;
use http::header::HeaderValue;
use thiserror::Error;

use crate::forwarder::Change;
use crate::header::{Field, HeaderProfile, folded, is_reserved};

/// Why a header cannot be declared for a [`ConnectionFunction`](crate::ConnectionFunction).
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum DeclareError {
    /// The name is another spelling of one that the profile has, or that is declared: an origin may take
    /// the two for one header.
    #[error(
        "{header} is another spelling of {known}, and an origin may take them for one; use that, or \
         choose another name"
    )]
    OtherSpelling {
        /// Which header.
        header: HeaderName,
        /// What it is another spelling of.
        known: HeaderName,
    },

    /// The name means something to HTTP, or to every proxy.
    #[error(
        "{header} means something to HTTP or to proxies, and is not a function's to set; choose another \
         name"
    )]
    Reserved {
        /// Which header.
        header: HeaderName,
    },

    /// The header says what the certificate is worth, or is a hop's own record.
    #[error(
        "{header} says what the crate itself knows of the certificate (its verdict, or Envoy's record of \
         the hop), and is not a function's to set; choose another name"
    )]
    SaysVerdict {
        /// Which header.
        header: HeaderName,
    },
}

/// The names that a function may set or drop.
#[derive(Clone, Debug, Default)]
pub(super) struct Declared {
    names: Vec<HeaderName>,
}

impl Declared {
    pub(super) fn add(
        &mut self,
        name: &HeaderName,
        profile: &HeaderProfile,
    ) -> Result<(), DeclareError> {
        if is_reserved(name) {
            return Err(DeclareError::Reserved {
                header: name.clone(),
            });
        }
        let own = folded(name.as_str());
        let says_verdict = own == folded(HeaderProfile::STATUS_HEADER)
            || profile
                .rows()
                .iter()
                .any(|row| says_verdict(&row.field) && folded(row.name.as_str()) == own);
        if says_verdict {
            return Err(DeclareError::SaysVerdict {
                header: name.clone(),
            });
        }
        let other = profile
            .header_names()
            .chain(&self.names)
            .find(|known| *known != name && folded(known.as_str()) == own);
        if let Some(known) = other {
            return Err(DeclareError::OtherSpelling {
                header: name.clone(),
                known: known.clone(),
            });
        }
        if !self.names.contains(name) {
            self.names.push(name.clone());
        }
        Ok(())
    }

    pub(super) fn names(&self) -> &[HeaderName] {
        &self.names
    }
}

/// Whether a field is the crate's word on the certificate, or a record that is written in a form of its
/// own.
fn says_verdict(field: &Field) -> bool {
    matches!(
        field,
        Field::Present(_)
            | Field::Reason(_)
            | Field::Status
            | Field::TooLarge(..)
            | Field::Verdict(_)
            | Field::Verified(_)
            | Field::Xfcc(_)
    )
}

/// What a function changes, and what it did wrong.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    changes: Vec<Change>,
    fault: Option<String>,
}

impl Changes {
    pub(super) fn set(&mut self, declared: &Declared, name: &str, value: &str) {
        let Some(name) = self.declared(declared, name) else {
            return;
        };
        let is_visible = !value.starts_with(' ')
            && !value.ends_with(' ')
            && value
                .bytes()
                .all(|octet| matches!(octet, 0x20..=0x7e));
        match HeaderValue::from_str(value) {
            Ok(mut value) if is_visible => {
                value.set_sensitive(true);
                self.put(name, Some(value));
            }
            _ => self.fail(format_args!(
                "the value that it set for {name} is no visible ASCII without spaces around it"
            )),
        }
    }

    pub(super) fn drop_header(&mut self, declared: &Declared, name: &str) {
        if let Some(name) = self.declared(declared, name) {
            self.put(name, None);
        }
    }

    pub(super) fn fail(&mut self, fault: impl fmt::Display) {
        if self.fault.is_none() {
            self.fault = Some(fault.to_string());
        }
    }

    pub(super) fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    pub(super) fn as_slice(&self) -> &[Change] {
        &self.changes
    }

    fn put(&mut self, name: HeaderName, value: Option<HeaderValue>) {
        self.changes
            .retain(|(known, _)| *known != name);
        self.changes.push((name, value));
    }

    /// The name in the declared spelling; a fault if it is none of them.
    fn declared(&mut self, declared: &Declared, name: &str) -> Option<HeaderName> {
        let found = declared
            .names
            .iter()
            .find(|own| own.as_str().eq_ignore_ascii_case(name));
        if found.is_none() {
            let name = crate::x509::capped(crate::x509::Escaped(name.as_bytes()), 64);
            self.fail(format_args!(
                "it changed {name}, which was not declared; declare it with `Edge::declare_headers`"
            ));
        }
        found.cloned()
    }
}
