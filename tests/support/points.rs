//! Which certificates a CRL is about, and where a certificate says that its CRLs are.

use rcgen::{CertificateParams, CustomExtension};

use super::der::{COMMON_NAME, UTF8_STRING, attribute, explicit, implicit, sequence, tlv};

pub const DISTRIBUTION_POINTS: &str = "2.5.29.31";

/// An issuingDistributionPoint.
#[derive(Clone, Default)]
pub struct Scope {
    /// The DER of a DistributionPointName, as from [`full`] and [`relative`].
    pub point: Option<Vec<u8>>,
    pub user: bool,
    pub ca: bool,
    pub attribute: bool,
    pub indirect: bool,
    /// The contents octets of the BIT STRING.
    pub only_some_reasons: Option<Vec<u8>>,
}

impl Scope {
    pub fn user() -> Self {
        Self {
            user: true,
            ..Self::default()
        }
    }

    pub fn ca() -> Self {
        Self {
            ca: true,
            ..Self::default()
        }
    }

    /// Of the certificates of a distribution point.
    pub fn at(point: Vec<u8>) -> Self {
        Self {
            point: Some(point),
            ..Self::default()
        }
    }

    pub fn der(&self) -> Vec<u8> {
        let mut parts = Vec::new();
        parts.extend(
            self.point
                .iter()
                .map(|point| explicit(0, point)),
        );
        let flag = |number, is_set: bool| is_set.then(|| implicit(number, &[0xff]));
        parts.extend(flag(1, self.user));
        parts.extend(flag(2, self.ca));
        parts.extend(
            self.only_some_reasons
                .iter()
                .map(|reasons| implicit(3, reasons)),
        );
        parts.extend(flag(4, self.indirect));
        parts.extend(flag(5, self.attribute));
        sequence(&parts)
    }
}

/// A GeneralName of a URI.
pub fn uri(uri: &str) -> Vec<u8> {
    implicit(6, uri.as_bytes())
}

/// A GeneralName of a directoryName.
pub fn directory(name: &[u8]) -> Vec<u8> {
    explicit(4, name)
}

/// A DistributionPointName of GeneralNames.
pub fn full(names: &[Vec<u8>]) -> Vec<u8> {
    tlv(0xa0, &names.concat())
}

/// A DistributionPointName that adds a common name to the name of the CRL's issuer.
pub fn relative(common_name: &str) -> Vec<u8> {
    tlv(
        0xa1,
        &attribute(COMMON_NAME, UTF8_STRING, common_name.as_bytes()),
    )
}

/// A DistributionPoint that has nothing but a name.
pub fn point(name: &[u8]) -> Vec<u8> {
    sequence(&[explicit(0, name)])
}

/// A DistributionPoint with reasons, as the contents octets of a BIT STRING.
pub fn point_for_reasons(name: &[u8], reasons: &[u8]) -> Vec<u8> {
    sequence(&[explicit(0, name), implicit(1, reasons)])
}

/// A DistributionPoint whose list somebody else issues.
pub fn point_of_issuer(name: &[u8], issuer: &[u8]) -> Vec<u8> {
    sequence(&[explicit(0, name), tlv(0xa2, &directory(issuer))])
}

/// The same certificate with cRLDistributionPoints.
pub fn with_points(
    mut params: CertificateParams,
    points: &[Vec<u8>],
    critical: bool,
) -> CertificateParams {
    let mut extension = CustomExtension::from_oid_content(&[2, 5, 29, 31], sequence(points));
    extension.set_criticality(critical);
    params.custom_extensions.push(extension);
    params
}
