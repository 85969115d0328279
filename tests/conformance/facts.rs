//! What certificates hold, as the rules ask for it; read by x509-cert, so that the crate does not judge
//! itself.

use edge_mtls::Certificate;
use edge_mtls::pki_types::CertificateDer;
use x509_cert::Certificate as Parsed;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode, Encode, Tag, Tagged};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, NameConstraints, SubjectAltName, SubjectKeyIdentifier,
};
use x509_cert::name::Name;

use crate::case::Case;

pub const AUTHORITY_KEY_IDENTIFIER: &str = "2.5.29.35";
pub const BASIC_CONSTRAINTS: &str = "2.5.29.19";
pub const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
pub const INHIBIT_ANY_POLICY: &str = "2.5.29.54";
pub const NAME_CONSTRAINTS: &str = "2.5.29.30";
pub const POLICIES: &str = "2.5.29.32";
pub const POLICY_CONSTRAINTS: &str = "2.5.29.36";
pub const POLICY_MAPPINGS: &str = "2.5.29.33";
const ANY_EXTENDED_KEY_USAGE: &str = "2.5.29.37.0";
const SUBJECT_ALT_NAME: &str = "2.5.29.17";
const SUBJECT_KEY_IDENTIFIER: &str = "2.5.29.14";

/// A certificate that x509-cert can read.
pub struct Facts(Parsed);

impl Facts {
    pub fn of(der: &[u8]) -> Option<Self> {
        Parsed::from_der(der).ok().map(Self)
    }

    pub fn is_self_issued(&self) -> bool {
        let tbs = self.0.tbs_certificate();
        tbs.issuer() == tbs.subject()
    }

    pub fn is_ca(&self) -> bool {
        self.read(BASIC_CONSTRAINTS)
            .is_some_and(|constraints: BasicConstraints| constraints.ca)
    }

    pub fn has_unique_identifier(&self) -> bool {
        let tbs = self.0.tbs_certificate();
        tbs.issuer_unique_id().is_some() || tbs.subject_unique_id().is_some()
    }

    pub fn signature_algorithm(&self) -> String {
        self.0
            .signature_algorithm()
            .oid
            .to_string()
    }

    /// Whether it has an extension, and whether that is critical.
    pub fn criticality(&self, oid: &str) -> Option<bool> {
        self.extension(oid)
            .map(|(critical, _)| critical)
    }

    /// CA/Browser Forum, Baseline Requirements 7.1.2.1.3: a root's may name its own key and nothing else.
    pub fn has_authority_key_identifier_of_no_root(&self) -> bool {
        if !self.is_self_issued() {
            return false;
        }
        let Some(authority): Option<AuthorityKeyIdentifier> = self.read(AUTHORITY_KEY_IDENTIFIER)
        else {
            return false;
        };
        let own: Option<SubjectKeyIdentifier> = self.read(SUBJECT_KEY_IDENTIFIER);
        authority
            .authority_cert_issuer
            .is_some()
            || authority
                .authority_cert_serial_number
                .is_some()
            || authority.key_identifier != own.map(|own| own.0)
    }

    /// 7.1.2.7.10: the extended key usage of a server's is there, not critical, and not for any purpose.
    pub fn has_extended_key_usage_of_no_server(&self) -> bool {
        let Some((critical, purposes)) = self.extension(EXTENDED_KEY_USAGE) else {
            return true;
        };
        let purposes = Vec::<ObjectIdentifier>::from_der(purposes).unwrap_or_default();
        critical
            || purposes
                .iter()
                .any(|purpose| purpose.to_string() == ANY_EXTENDED_KEY_USAGE)
    }

    /// 6.1.5: RSA of whole octets, 256 at least; P-256, P-384, P-521. Ed25519 is not among them, but no
    /// suite refuses it.
    pub fn has_key_of_no_server(&self) -> bool {
        let key = self
            .0
            .tbs_certificate()
            .subject_public_key_info();
        match key.algorithm.oid.to_string().as_str() {
            "1.2.840.113549.1.1.1" => {
                let bits = rsa_bits(key.subject_public_key.raw_bytes());
                bits.is_none_or(|bits| bits < 2_048 || bits % 8 != 0)
            }
            "1.2.840.10045.2.1" => {
                let curve = key
                    .algorithm
                    .parameters
                    .as_ref()
                    .and_then(|parameters| {
                        parameters
                            .decode_as::<ObjectIdentifier>()
                            .ok()
                    })
                    .map(|curve| curve.to_string());
                !matches!(
                    curve.as_deref(),
                    Some("1.2.840.10045.3.1.7" | "1.3.132.0.34" | "1.3.132.0.35")
                )
            }
            "1.3.101.112" => false,
            _ => true,
        }
    }

    /// The kinds of names that it constrains.
    pub fn constrained_kinds(&self) -> Vec<Kind> {
        let constraints: Option<NameConstraints> = self.read(NAME_CONSTRAINTS);
        constraints
            .into_iter()
            .flat_map(|constraints| {
                [
                    constraints.permitted_subtrees,
                    constraints.excluded_subtrees,
                ]
            })
            .flatten()
            .flatten()
            .map(|subtree| Kind::of(&subtree.base))
            .collect()
    }

    /// The kinds of names that it has; a subject is the name of a directory, even an empty one.
    fn named_kinds(&self) -> Vec<Kind> {
        let names: Option<SubjectAltName> = self.read(SUBJECT_ALT_NAME);
        names
            .into_iter()
            .flat_map(|names| names.0)
            .map(|name| Kind::of(&name))
            .chain([Kind::Directory])
            .collect()
    }

    /// Whether `other` has the same subject and another key.
    fn has_namesake(&self, other: &Self) -> bool {
        let (own, other) = (self.0.tbs_certificate(), other.0.tbs_certificate());
        own.subject() == other.subject()
            && own.subject_public_key_info() != other.subject_public_key_info()
    }

    /// Whether `issuer` has the issuer's name by RFC 5280 section 7.1, though not octet by octet.
    fn is_below_but_for_octets(&self, issuer: &Self) -> bool {
        let wanted = self.0.tbs_certificate().issuer();
        let found = issuer.0.tbs_certificate().subject();
        wanted.to_der() != found.to_der() && folded(wanted) == folded(found)
    }

    fn read<T: for<'a> Decode<'a>>(&self, oid: &str) -> Option<T> {
        T::from_der(self.extension(oid)?.1).ok()
    }

    fn extension(&self, oid: &str) -> Option<(bool, &[u8])> {
        self.0
            .tbs_certificate()
            .extensions()
            .into_iter()
            .flatten()
            .find(|extension| extension.extn_id.to_string() == oid)
            .map(|extension| (extension.critical, extension.extn_value.as_bytes()))
    }
}

/// Kinds of names, as constraints tell them apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    Directory,
    Email,
    Uri,
    /// DNS names and addresses.
    Judged,
    Other,
}

impl Kind {
    fn of(name: &GeneralName) -> Self {
        match name {
            GeneralName::DirectoryName(_) => Self::Directory,
            GeneralName::Rfc822Name(_) => Self::Email,
            GeneralName::UniformResourceIdentifier(_) => Self::Uri,
            GeneralName::DnsName(_) | GeneralName::IpAddress(_) => Self::Judged,
            _ => Self::Other,
        }
    }
}

/// What is presented, the leaf first, and what can be read of it.
pub fn presented(case: &Case) -> Vec<Facts> {
    case.chain
        .certificates()
        .filter_map(Facts::of)
        .collect()
}

pub fn anchors(case: &Case) -> Vec<Facts> {
    case.anchors
        .iter()
        .filter_map(|anchor| Facts::of(anchor))
        .collect()
}

/// A certificate by its place in the order presented.
pub fn at(case: &Case, index: usize) -> Option<Facts> {
    Facts::of(case.chain.certificates().nth(index)?)
}

/// Whether the issuer of a certificate is there, under a name that differs in type, case or white space.
pub fn has_issuer_but_for_octets(case: &Case, index: usize) -> bool {
    let issuers = presented(case)
        .into_iter()
        .skip(1)
        .chain(anchors(case));
    at(case, index).is_some_and(|certificate| {
        issuers
            .into_iter()
            .any(|issuer| certificate.is_below_but_for_octets(&issuer))
    })
}

/// Whether a CA that is its own issuer is presented beside one of its name and another key.
pub fn has_rolled_over(case: &Case) -> bool {
    let others: Vec<Facts> = presented(case)
        .into_iter()
        .skip(1)
        .collect();
    let anchors = anchors(case);
    others.iter().any(|ca| {
        ca.is_self_issued()
            && others
                .iter()
                .chain(&anchors)
                .any(|other| ca.has_namesake(other))
    })
}

/// Whether a CA constrains names of a kind that webpki does not judge, and there is such a name.
pub fn has_name_that_is_not_judged(case: &Case) -> bool {
    let presented = presented(case);
    let named: Vec<Kind> = presented
        .iter()
        .flat_map(Facts::named_kinds)
        .collect();
    let cas = presented.iter().skip(1);
    cas.chain(&anchors(case))
        .flat_map(Facts::constrained_kinds)
        .any(|kind| kind != Kind::Judged && named.contains(&kind))
}

/// Whether a date of a certificate is one before 1970.
pub fn has_date_before_1970(case: &Case, index: usize) -> bool {
    let validity = case
        .chain
        .certificates()
        .nth(index)
        .and_then(|der| Certificate::from_der(der).ok())
        .and_then(|certificate| certificate.validity());
    validity.is_some_and(|validity| validity.not_before.unix_seconds() < 0)
}

/// The anchor of the case with this digest.
pub fn anchor(case: &Case, sha256: [u8; 32]) -> Option<Facts> {
    let is_it = |anchor: &&CertificateDer<'static>| {
        Certificate::from_der(anchor).is_ok_and(|anchor| anchor.sha256() == sha256)
    };
    Facts::of(case.anchors.iter().find(is_it)?)
}

/// The attributes of a name: letters in lower case, white space as one blank each or none at the ends,
/// whatever the type of the string.
fn folded(name: &Name) -> Vec<Vec<(String, String)>> {
    name.iter_rdn()
        .map(|rdn| {
            rdn.iter()
                .map(|attribute| (attribute.oid.to_string(), folded_value(attribute)))
                .collect()
        })
        .collect()
}

fn folded_value(attribute: &AttributeTypeAndValue) -> String {
    let octets = attribute.value.value();
    let text = match attribute.value.tag() {
        Tag::BmpString => {
            let units: Vec<u16> = octets
                .chunks_exact(2)
                .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
                .collect();
            String::from_utf16_lossy(&units)
        }
        _ => String::from_utf8_lossy(octets).into_owned(),
    };
    let words: Vec<String> = text
        .split_whitespace()
        .map(str::to_lowercase)
        .collect();
    words.join(" ")
}

/// The bits of the modulus of an RSAPublicKey.
fn rsa_bits(key: &[u8]) -> Option<usize> {
    let numbers = Vec::<x509_cert::der::asn1::Int>::from_der(key).ok()?;
    let modulus = numbers.first()?.as_bytes();
    let significant = modulus
        .iter()
        .skip_while(|octet| **octet == 0);
    let leading = significant
        .clone()
        .next()?
        .leading_zeros();
    Some(significant.count() * 8 - usize::try_from(leading).unwrap())
}
