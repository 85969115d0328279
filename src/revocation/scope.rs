//! Which certificates a list is about: issuing distribution points of lists, distribution points of
//! certificates (RFC 5280 sections 4.2.1.13 and 5.2.5).

use core::cell::{OnceCell, RefCell};
use core::fmt;

use super::ListFault;
use super::check::{Finding, SignerTraits};
use crate::x509::der::{
    Element, Reader, SEQUENCE, SET, context, context_constructed, only, write_header,
};
use crate::x509::{Certificate, Escaped, LONGEST_TEXT, Name, capped, id, read_boolean};

/// Which certificates of its issuer a list is about.
///
/// Displays as `all certificates`, or `CA certificates at http://crl.example/ca.crl`.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct ListScope {
    kind: Kind,
    /// The DER of each GeneralName of the distribution point, sorted; none for a list that is not
    /// bound to one.
    names: Vec<Vec<u8>>,
}

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Kind {
    All,
    Ca,
    User,
}

/// How much a list says of a certificate.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Coverage {
    /// Nothing: it is about others.
    None,
    /// Revocations for some reasons.
    SomeReasons,
    All,
}

impl ListScope {
    /// That of a list without an issuing distribution point.
    pub(super) const ALL: Self = Self {
        kind: Kind::All,
        names: Vec::new(),
    };

    /// Reads the extension of a list by `issuer`.
    pub(super) fn read(value: &[u8], issuer: Name<'_>) -> Result<Self, ListFault> {
        let scope = Fields::read(value).ok_or(MALFORMED)?;
        if scope.only_attribute {
            return Err(ListFault::AttributeCertificates);
        }
        if scope.indirect {
            return Err(ListFault::Indirect);
        }
        if scope.some_reasons {
            return Err(ListFault::ReasonPartitioned);
        }
        let kind = match (scope.only_user, scope.only_ca) {
            (false, false) => Kind::All,
            (true, false) => Kind::User,
            (false, true) => Kind::Ca,
            (true, true) => return Err(MALFORMED),
        };
        let mut names = match scope.point {
            // A list is the host's, and may have as many as it likes.
            Some(point) => {
                let mut left = usize::MAX;
                read_point_name(point, issuer, &mut left).ok_or(MALFORMED)?
            }
            None => Vec::new(),
        };
        names.sort_unstable();
        names.dedup();
        Ok(Self { kind, names })
    }

    /// The DER of the names of its distribution point; none for a list that is not bound to one.
    pub(super) fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.names.iter().map(Vec::as_slice)
    }

    /// How much a list of this scope says of a certificate.
    pub(super) fn coverage(&self, place: &Place<'_>) -> Coverage {
        match self.kind {
            Kind::Ca if !place.is_ca() => return Coverage::None,
            Kind::User if place.is_ca() => return Coverage::None,
            Kind::All | Kind::Ca | Kind::User => {}
        }
        if self.names.is_empty() {
            return Coverage::All;
        }
        // Where its lists are cannot be told: any of its issuer's may revoke it, and none proves it good.
        let Some(points) = place.points() else {
            return Coverage::SomeReasons;
        };
        points
            .iter()
            .filter(|point| {
                point
                    .names
                    .iter()
                    .any(|name| self.names.contains(name))
            })
            .map(|point| match point.some_reasons {
                true => Coverage::SomeReasons,
                false => Coverage::All,
            })
            .max()
            .unwrap_or(Coverage::None)
    }
}

/// Where a certificate says that lists about it are; read once, however many lists and paths there are.
#[derive(Clone, Debug)]
pub(crate) struct Place<'a> {
    certificate: Certificate<'a>,
    is_ca: OnceCell<bool>,
    points: OnceCell<Option<Vec<Point>>>,
    /// What many lists said of it, by who may have signed them.
    answers: RefCell<Vec<(Vec<SignerTraits>, Finding)>>,
}

impl<'a> Place<'a> {
    pub(crate) fn of(certificate: Certificate<'a>) -> Self {
        Self {
            certificate,
            is_ca: OnceCell::new(),
            points: OnceCell::new(),
            answers: RefCell::default(),
        }
    }

    /// Whose place it is.
    pub(super) fn certificate(&self) -> &Certificate<'a> {
        &self.certificate
    }

    /// What lists say of it that these may have signed: asked once, by one policy at one time.
    pub(super) fn answer(
        &self,
        signers: Vec<SignerTraits>,
        ask: impl FnOnce() -> Finding,
    ) -> Finding {
        let known = self
            .answers
            .borrow()
            .iter()
            .find(|(known, _)| *known == signers)
            .map(|(_, finding)| finding.clone());
        known.unwrap_or_else(|| {
            let finding = ask();
            self.answers
                .borrow_mut()
                .push((signers, finding.clone()));
            finding
        })
    }

    /// The names of all its distribution points, as those of [`ListScope::names`]; `None` if they cannot be
    /// read, or are too many.
    pub(super) fn names(&self) -> Option<impl Iterator<Item = &[u8]>> {
        let points = self.points()?;
        Some(
            points
                .iter()
                .flat_map(|point| point.names.iter().map(Vec::as_slice)),
        )
    }

    fn is_ca(&self) -> bool {
        *self.is_ca.get_or_init(|| {
            self.certificate
                .basic_constraints()
                .is_ok_and(|constraints| constraints.is_some_and(|constraints| constraints.ca))
        })
    }

    fn points(&self) -> Option<&[Point]> {
        let points = self.points.get_or_init(|| {
            let issuer = self.certificate.issuer();
            match self
                .certificate
                .find_extension(id::CRL_DISTRIBUTION_POINTS)
            {
                // Section 6.3.3: where there is none, that of the issuer's own name is meant.
                Ok(None) => Some(vec![Point {
                    names: vec![directory_name(issuer)],
                    some_reasons: false,
                }]),
                Ok(Some(extension)) => read_points(extension.value, issuer),
                Err(_) => None,
            }
        });
        points.as_deref()
    }
}

const MALFORMED: ListFault = ListFault::Malformed("issuingDistributionPoint");

impl fmt::Display for ListScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            Kind::All => "all certificates",
            Kind::Ca => "CA certificates",
            Kind::User => "user certificates",
        })?;
        for (index, name) in self.names.iter().enumerate() {
            f.write_str(if index == 0 { " at " } else { ", " })?;
            match Reader::new(name).next() {
                Some(element) if element.tag == context(6) => {
                    f.write_str(&capped(Escaped(element.contents), LONGEST_TEXT))?;
                }
                Some(element) if element.tag == context_constructed(4) => {
                    f.write_str(&capped(Name(element.contents), LONGEST_TEXT))?;
                }
                _ => f.write_str("a name of another type")?,
            }
        }
        Ok(())
    }
}

/// The fields of an issuing distribution point.
#[derive(Default)]
struct Fields<'a> {
    point: Option<Element<'a>>,
    only_user: bool,
    only_ca: bool,
    some_reasons: bool,
    indirect: bool,
    only_attribute: bool,
}

impl<'a> Fields<'a> {
    fn read(value: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(only(value, SEQUENCE)?.contents);
        let point = reader.optional(context_constructed(0))?;
        let (only_user, only_ca) = (read_flag(&mut reader, 1)?, read_flag(&mut reader, 2)?);
        let some_reasons = reader.optional(context(3))?.is_some();
        let (indirect, only_attribute) = (read_flag(&mut reader, 4)?, read_flag(&mut reader, 5)?);
        reader.is_empty().then_some(Self {
            point,
            only_user,
            only_ca,
            some_reasons,
            indirect,
            only_attribute,
        })
    }
}

/// A BOOLEAN that is false where it is left out.
fn read_flag(reader: &mut Reader<'_>, number: u8) -> Option<bool> {
    match reader.optional(context(number))? {
        Some(element) => read_boolean(element.contents),
        None => Some(false),
    }
}

/// A distribution point of a certificate whose lists the certificate's issuer issues.
#[derive(Clone, Debug)]
struct Point {
    names: Vec<Vec<u8>>,
    some_reasons: bool,
}

/// More distribution points, and names of them, than any certificate needs.
const MOST_POINT_NAMES: usize = 32;

fn read_points(value: &[u8], issuer: Name<'_>) -> Option<Vec<Point>> {
    let mut points = Vec::new();
    let mut left = MOST_POINT_NAMES;
    let mut reader = Reader::new(only(value, SEQUENCE)?.contents);
    while !reader.is_empty() {
        left = left.checked_sub(1)?;
        let mut fields = Reader::new(reader.expect(SEQUENCE)?.contents);
        let name = fields.optional(context_constructed(0))?;
        let reasons = fields.optional(context(1))?;
        let crl_issuer = fields.optional(context_constructed(2))?;
        if !fields.is_empty() {
            return None;
        }
        // Another issuer's lists are indirect ones.
        let is_issuers_own = match crl_issuer {
            Some(names) => read_names(names.contents, &mut left)?.contains(&directory_name(issuer)),
            None => true,
        };
        if !is_issuers_own {
            continue;
        }
        points.push(Point {
            names: match name {
                Some(name) => read_point_name(name, issuer, &mut left)?,
                None => vec![directory_name(issuer)],
            },
            some_reasons: reasons.is_some(),
        });
    }
    Some(points)
}

/// The names of a DistributionPointName, each as the DER of a GeneralName.
fn read_point_name(point: Element<'_>, issuer: Name<'_>, left: &mut usize) -> Option<Vec<Vec<u8>>> {
    let mut reader = Reader::new(point.contents);
    let name = reader
        .next()
        .filter(|_| reader.is_empty())?;
    if name.tag == context_constructed(0) {
        return read_names(name.contents, left);
    }
    if name.tag != context_constructed(1) {
        return None;
    }
    // nameRelativeToCRLIssuer is one more RDN behind the issuer's name.
    let mut rdns = issuer.contents()?.to_vec();
    write_header(&mut rdns, SET, name.contents.len());
    rdns.extend_from_slice(name.contents);
    let mut der = Vec::new();
    write_header(&mut der, SEQUENCE, rdns.len());
    der.extend(rdns);
    Some(vec![directory_name(Name(&der))])
}

/// GeneralNames, at least one, and no more than are left.
fn read_names(contents: &[u8], left: &mut usize) -> Option<Vec<Vec<u8>>> {
    let mut names = Vec::new();
    let mut reader = Reader::new(contents);
    while !reader.is_empty() {
        *left = left.checked_sub(1)?;
        names.push(reader.next()?.full.to_vec());
    }
    (!names.is_empty()).then_some(names)
}

/// A name as the DER of a GeneralName.
fn directory_name(name: Name<'_>) -> Vec<u8> {
    let mut der = Vec::new();
    write_header(&mut der, context_constructed(4), name.as_der().len());
    der.extend_from_slice(name.as_der());
    der
}
