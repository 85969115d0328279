//! The options that make a chain policy: a trust store, and the rules beside it.

use edge_mtls::ChainPolicy;
use rustls::crypto::CryptoProvider;

use crate::args::Args;
use crate::{revocation, settings};

/// Options without a value that change the rules.
pub const RULES: [&str; 5] = [
    "--allow-expired-anchors",
    "--allow-expired-pins",
    "--ignore-expiry",
    "--require-client-auth-eku",
    "--require-rfc5280-profile",
];

/// The policy on the trust store of `option` and `--pin`, if one of them is there.
pub fn chain_policy(
    args: &Args,
    option: &str,
    provider: &CryptoProvider,
) -> Result<Option<ChainPolicy>, String> {
    let revocation = revocation::revocation(args)?;
    let rule = RULES
        .into_iter()
        .find(|rule| args.flag(rule))
        .or_else(|| revocation.as_ref().map(|_| "--crl"));
    let Some(store) = settings::trust_store(args, option)? else {
        return match rule {
            Some(rule) => Err(format!("{rule} has no effect without {option}; add that")),
            None => Ok(None),
        };
    };
    let mut builder = ChainPolicy::builder(store);
    if args.flag("--allow-expired-anchors") {
        builder = builder.allow_expired_anchors();
    }
    if args.flag("--allow-expired-pins") {
        builder = builder.allow_expired_pinned_leaves();
    }
    if args.flag("--ignore-expiry") {
        builder = builder.ignore_expiry();
    }
    if args.flag("--require-client-auth-eku") {
        builder = builder.require_client_auth_eku();
    }
    if args.flag("--require-rfc5280-profile") {
        builder = builder.require_rfc5280_profile();
    }
    if let Some(revocation) = revocation {
        builder = builder.revocation(revocation);
    }
    builder
        .build(
            provider
                .signature_verification_algorithms
                .all,
        )
        .map(Some)
        .map_err(|error| error.to_string())
}
