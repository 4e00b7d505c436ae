//! Releases in real repositories with a real ledger.

use std::path::{Path, PathBuf};

use sluice_model::{Actor, ReleaseVersion, Timestamp};
use sluice_store::Store;
use sluice_store::record::ReleaseState;

use super::freeze::FreezeError;
use super::verify::VerifyReleaseError;
use super::*;
use crate::context::{Clock, UseCase};
use crate::git::{Signature, git, git_line};
use crate::ports::Silent;
use crate::product::Product;

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_700_000_000).unwrap()
    }
}

struct World {
    _directory: tempfile::TempDir,
    root: PathBuf,
    store: Store,
    actor: Actor,
}

impl World {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("flights");
        std::fs::create_dir(&root).unwrap();
        std::fs::write(root.join("databricks.yml"), "bundle: {name: flights}\r\n").unwrap();
        std::fs::write(
            root.join("product.yaml"),
            "{version: 1, name: flights, domain: d, kind: aggregate, owner: o, steward: s, support: x, criticality: low, classification: public}",
        )
        .unwrap();
        std::fs::write(
            root.join(".gitattributes"),
            "*.yml text eol=lf\n*.sub export-subst ident\n",
        )
        .unwrap();
        std::fs::write(root.join("a.sub"), "$Id$ $Format:%H$\r\n").unwrap();
        std::os::unix::fs::symlink("databricks.yml", root.join("link")).unwrap();
        git(&root, &["init", "--quiet", "--initial-branch", "main"])
            .await
            .unwrap();
        let store = Store::open(&directory.path().join("ledger.sqlite")).await.unwrap();
        let actor = Actor {
            subject: "engineer@sluice.test".to_owned(),
            display_name: "Engineer".to_owned(),
            issuer: "http://127.0.0.1".to_owned(),
            service: false,
        };
        let world = Self {
            _directory: directory,
            root,
            store,
            actor,
        };
        world.commit("first").await;
        world
    }

    async fn commit(&self, message: &str) -> String {
        git(&self.root, &["add", "--all"]).await.unwrap();
        let identity = ["-c", "user.name=E", "-c", "user.email=e@x.test"];
        git(
            &self.root,
            &[&identity[..], &["commit", "--quiet", "--message", message]].concat(),
        )
        .await
        .unwrap();
        git_line(&self.root, &["rev-parse", "HEAD"]).await.unwrap()
    }

    fn use_case(&self) -> UseCase<'_> {
        UseCase {
            store: &self.store,
            actor: &self.actor,
            clock: &Noon,
            progress: &Silent,
        }
    }

    async fn freeze(&self, version: &str) -> Result<Frozen, FreezeError> {
        let product = Product::find(&self.root).await.unwrap();
        let signature = Signature {
            name: "E".to_owned(),
            email: "e@x.test".to_owned(),
        };
        freeze(self.use_case(), &product, &version.parse().unwrap(), Some(signature)).await
    }

    async fn verify(&self, version: &str) -> Result<ReleaseVerification, VerifyReleaseError> {
        verify_release(
            self.use_case(),
            &self.root,
            &"flights".parse().unwrap(),
            &version.parse().unwrap(),
        )
        .await
    }

    async fn state(&self, version: &str) -> ReleaseState {
        let version: ReleaseVersion = version.parse().unwrap();
        self.store
            .release(&"flights".parse().unwrap(), &version)
            .await
            .unwrap()
            .unwrap()
            .state
    }
}

#[tokio::test]
async fn a_release_is_frozen_once_and_proved_from_git_alone() {
    let world = World::new().await;
    let frozen = world.freeze("1.0.0").await.unwrap();
    assert_eq!(
        (frozen.tag.as_str(), frozen.existed, frozen.files),
        ("sluice/flights/v1.0.0", false, 5)
    );
    let message = git_line(&world.root, &["tag", "--list", "--format=%(contents)", &frozen.tag])
        .await
        .unwrap();
    assert!(message.contains(&format!("digest: {}\n", frozen.digest)), "{message}");

    let again = world.freeze("1.0.0").await.unwrap();
    assert_eq!(
        again,
        Frozen {
            existed: true,
            ..frozen.clone()
        }
    );
    assert_eq!(world.store.head().await.unwrap().seq, 1);

    let other = tempfile::tempdir().unwrap();
    let empty = Store::open(&other.path().join("l.sqlite")).await.unwrap();
    let use_case = UseCase {
        store: &empty,
        ..world.use_case()
    };
    let product = "flights".parse().unwrap();
    let verified = verify_release(use_case, &world.root, &product, &frozen.version)
        .await
        .unwrap();
    assert_eq!((verified.digest, verified.recorded), (frozen.digest, false));
    assert!(world.verify("1.0.0").await.unwrap().recorded);
}

#[tokio::test]
async fn changes_and_taken_versions_are_refused() {
    let world = World::new().await;
    world.freeze("1.0.0").await.unwrap();
    std::fs::write(world.root.join("new.sql"), "SELECT 1").unwrap();
    let dirty = world.freeze("1.1.0").await;
    assert!(
        matches!(&dirty, Err(FreezeError::Dirty { paths }) if paths == &["new.sql"]),
        "{dirty:?}"
    );
    world.commit("second").await;
    let taken = world.freeze("1.0.0").await;
    assert!(matches!(taken, Err(FreezeError::VersionTaken { .. })), "{taken:?}");
    git(&world.root, &["tag", "sluice/flights/v2.0.0"]).await.unwrap();
    let foreign = world.freeze("2.0.0").await.unwrap_err().to_string();
    assert!(
        foreign.contains("it names a commit directly and carries no message"),
        "{foreign}"
    );
    assert_eq!(world.store.releases(None).await.unwrap().len(), 1);
    let unknown = world.verify("9.9.9").await;
    assert!(
        matches!(unknown, Err(VerifyReleaseError::Unknown { .. })),
        "{unknown:?}"
    );
}

#[tokio::test]
async fn a_freeze_that_died_before_it_was_recorded_is_finished_by_the_next() {
    let world = World::new().await;
    let frozen = world.freeze("1.0.0").await.unwrap();
    let other = tempfile::tempdir().unwrap();
    let store = Store::open(&other.path().join("l.sqlite")).await.unwrap();
    let product = Product::find(&world.root).await.unwrap();
    let use_case = UseCase {
        store: &store,
        ..world.use_case()
    };
    let again = freeze(use_case, &product, &frozen.version, None).await.unwrap();
    assert_eq!(again, frozen);
    assert_eq!(store.releases(None).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_moved_tag_quarantines_the_release_until_it_is_back() {
    let world = World::new().await;
    let frozen = world.freeze("1.0.0").await.unwrap();
    let object = git_line(&world.root, &["rev-parse", &format!("refs/tags/{}", frozen.tag)])
        .await
        .unwrap();
    std::fs::write(world.root.join("x"), "x").unwrap();
    let second = world.commit("second").await;
    let identity = ["-c", "user.name=E", "-c", "user.email=e@x.test"];
    let message = git_line(&world.root, &["tag", "--list", "--format=%(contents)", &frozen.tag])
        .await
        .unwrap();
    let moves: [&[&str]; 4] = [
        &[
            "tag",
            "--force",
            "--annotate",
            "--message",
            &message,
            &frozen.tag,
            &second,
        ],
        &[
            "tag",
            "--force",
            "--annotate",
            "--message",
            "anything",
            &frozen.tag,
            &frozen.commit,
        ],
        &["tag", "--force", &frozen.tag, &second],
        &["tag", "--delete", &frozen.tag],
    ];
    for arguments in moves {
        git(&world.root, &[&identity[..], arguments].concat()).await.unwrap();
        for _twice in 0..2 {
            let refused = world.verify("1.0.0").await;
            assert!(
                matches!(refused, Err(VerifyReleaseError::Quarantined { .. })),
                "{arguments:?}: {refused:?}"
            );
            assert_eq!(world.state("1.0.0").await, ReleaseState::Quarantined);
        }
        git(
            &world.root,
            &["update-ref", &format!("refs/tags/{}", frozen.tag), &object],
        )
        .await
        .unwrap();
        assert_eq!(world.verify("1.0.0").await.unwrap().digest, frozen.digest);
        assert_eq!(world.state("1.0.0").await, ReleaseState::Frozen);
    }
    let kinds: Vec<String> = world
        .store
        .events(0, 100)
        .await
        .unwrap()
        .into_iter()
        .map(|event| event.kind)
        .collect();
    let (frozen, quarantined) = ("release.frozen", "release.quarantined");
    assert_eq!(
        kinds,
        [
            frozen,
            quarantined,
            frozen,
            quarantined,
            frozen,
            quarantined,
            frozen,
            quarantined,
            frozen
        ]
    );
}

#[tokio::test]
async fn an_export_has_the_frozen_bytes_and_knows_its_commit() {
    let world = World::new().await;
    let frozen = world.freeze("1.0.0").await.unwrap();
    std::fs::write(world.root.join("a.sub"), "later").unwrap();
    let exported = export(&world.root, &frozen.tag).await.unwrap();
    let read = |root: &Path, path: &str| std::fs::read(root.join(path)).unwrap();
    let stored = git(&world.root, &["cat-file", "blob", &format!("{}:a.sub", frozen.commit)])
        .await
        .unwrap();
    assert_eq!(read(exported.root(), "a.sub"), stored);
    assert_eq!(
        git_line(exported.root(), &["rev-parse", "HEAD"]).await.unwrap(),
        frozen.commit
    );
    let root = exported.root().to_owned();
    drop(exported);
    assert!(!root.exists());
}
