//! The files that the programs read, and what they hold for this process.

use std::fs;
use std::path::{Path, PathBuf};

use edge_mtls::ClientIdentity;
use http::HeaderMap;

use crate::shared::{client, intermediate, root};

pub const ANCHORS: usize = 10_000;

const CLIENTS: usize = 64;

/// A client's leaf and the intermediate that signed it.
pub type Client = [Vec<u8>; 2];

/// P-256, all of it.
pub struct Pki {
    /// The first is above all clients.
    pub anchors: Vec<Vec<u8>>,
    pub clients: Vec<Client>,
}

impl Pki {
    pub fn make() -> Self {
        let anchor = root("the root");
        let sub = intermediate(&anchor, "the intermediate");
        let others = (1..ANCHORS).map(|index| root(&format!("root {index}")).der);
        Self {
            clients: (0..CLIENTS)
                .map(|index| [client(&sub, &format!("client {index}")), sub.der.clone()])
                .collect(),
            anchors: [anchor.der]
                .into_iter()
                .chain(others)
                .collect(),
        }
    }
}

/// The text in the one header of each request.
pub fn texts(requests: &[HeaderMap]) -> Vec<&[u8]> {
    requests
        .iter()
        .map(|headers| {
            headers
                .values()
                .next()
                .unwrap()
                .as_bytes()
        })
        .collect()
}

/// It goes with this value.
pub struct Folder(PathBuf);

impl Folder {
    pub fn make(identities: &[ClientIdentity], texts: &[&[u8]], pki: &Pki) -> Self {
        let path = std::env::temp_dir().join(format!("edge-mtls-peers-{}", std::process::id()));
        fs::create_dir(&path).unwrap();
        let folder = Self(path);
        let chains = identities
            .iter()
            .flat_map(|identity| identity.chain().unwrap().certificates());
        folder.write("chains", chains);
        folder.write("texts", texts.iter().copied());
        folder.write("clients", pki.clients.iter().flatten());
        folder.write("anchors", &pki.anchors);
        folder
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Each item behind its length as four octets, the highest first.
    fn write(&self, name: &str, items: impl IntoIterator<Item: AsRef<[u8]>>) {
        let mut octets = Vec::new();
        for item in items {
            let item = item.as_ref();
            octets.extend(
                u32::try_from(item.len())
                    .unwrap()
                    .to_be_bytes(),
            );
            octets.extend(item);
        }
        fs::write(self.file(name), octets).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
