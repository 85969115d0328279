//! What edge and origin have in common as servers.

use std::net::SocketAddr;
use std::process::ExitCode;

use edge_mtls::HeaderProfile;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// Serves until it fails, as a program.
pub fn serve(server: impl Future<Output = Result<(), String>>) -> Result<ExitCode, String> {
    Runtime::new()
        .map_err(|error| format!("threads cannot be started: {error}"))?
        .block_on(server)
        .map(|()| ExitCode::SUCCESS)
}

/// The header profile of `--format`.
pub fn header_profile(format: Option<&str>) -> Result<HeaderProfile, String> {
    let format = format.unwrap_or("rfc9440");
    HeaderProfile::preset(format).ok_or_else(|| {
        let names: Vec<&str> = HeaderProfile::preset_names().collect();
        format!(
            "--format {format} is not known; use one of {}",
            names.join(", ")
        )
    })
}

/// A listener on the address of `--listen`.
pub async fn listen(address: Option<&str>, default: &str) -> Result<TcpListener, String> {
    let address = address.unwrap_or(default);
    let socket_address: SocketAddr = address.parse().map_err(|_| {
        format!("--listen {address} is not an address and a port; use one such as {default}")
    })?;
    TcpListener::bind(socket_address)
        .await
        .map_err(|error| format!("--listen {address} cannot be used ({error}); use another"))
}
