//! Bundles: published, verified with `tough` as a terminal does, refreshed, never seen half.

use crate::fixture::{import_members, member};
use crate::journal::NOON;
use crate::line::founded;
use futures::TryStreamExt;
use std::path::Path;
use tillside_core::Timestamp;
use tillside_core::engine::Document;
use tillside_hq::catalogue::CatalogueStore;
use tillside_hq::clock::now;
use tillside_hq::data::DataDir;
use tillside_hq::publish::{EditionError, PublishError, newest, publish, refresh};
use tillside_hq::store::sqlite::SqliteStore;
use tillside_protocol::{PRODUCTS, RULES, VerifiedTargets, store_target};
use tough::{FilesystemTransport, Repository, RepositoryLoader};
use url::Url;

async fn load(data: &DataDir, datastore: &Path) -> Result<Repository, tough::error::Error> {
    let root = std::fs::read(data.root_json()).unwrap();
    let folder = |path: &Path| Url::from_directory_path(path).unwrap();
    RepositoryLoader::new(&root, folder(&data.metadata()), folder(&data.targets()))
        .transport(FilesystemTransport)
        .datastore(datastore)
        .load()
        .await
}

async fn target(repository: &Repository, name: &str) -> Vec<u8> {
    let name = name.try_into().unwrap();
    let stream = repository.read_target(&name).await.unwrap().unwrap();
    let parts: Vec<_> = stream.try_collect().await.unwrap();
    parts.concat()
}

#[tokio::test]
async fn a_published_bundle_is_verified_and_holds_what_was_imported() {
    let (_folder, data) = founded().await;
    let store = SqliteStore::open(&data.database()).unwrap();
    assert_eq!(newest(&data).unwrap(), 0);
    let note = publish(&data, &store, now()).await.unwrap();
    assert_eq!((note.version, note.stores, note.coupons), (1, 2, 3));
    assert_eq!(newest(&data).unwrap(), 1);

    let datastore = tempfile::tempdir().unwrap();
    let repository = load(&data, datastore.path()).await.unwrap();
    let s1 = "S1".parse().unwrap();
    let verified = VerifiedTargets {
        version: repository.targets().signed.version.get(),
        rules: &target(&repository, RULES).await,
        products: &target(&repository, PRODUCTS).await,
        store: &target(&repository, &store_target(&s1)).await,
        open_coupons: None,
    };
    let bundle = verified.read().unwrap();
    assert_eq!(bundle.version, 1);
    assert_eq!(bundle.profile.name, "Corner Shop Mitte");
    assert_eq!(bundle.rules.plans[0].plan.as_str(), "SPRING-5");
    assert_eq!(bundle.products.len(), 2);
    let ada = &bundle.members.members[0];
    assert_eq!((ada.member, ada.points.0), (member(101), 100));
    let cards: Vec<_> = ada.cards.iter().map(|card| card.as_str()).collect();
    assert_eq!(cards, ["code:900000001", "uid:04A1B2C3D4E5F6"]);
    assert_eq!(bundle.coupons.numbers.len(), 2);
    assert_eq!(bundle.coupons.holder, None, "nobody enrolled yet");
}

#[tokio::test]
async fn the_next_bundle_is_newer_and_an_older_one_is_refused() {
    let (folder, data) = founded().await;
    let store = SqliteStore::open(&data.database()).unwrap();
    publish(&data, &store, now()).await.unwrap();
    let old = folder.path().join("old-timestamp.json");
    std::fs::copy(data.metadata().join("timestamp.json"), &old).unwrap();
    import_members(
        &store,
        "number,display_name,tier,points,store,cards\n900000003,Cem O.,basic,5,S1,\n",
        301,
    )
    .await;
    assert_eq!(publish(&data, &store, now()).await.unwrap().version, 2);
    let datastore = tempfile::tempdir().unwrap();
    let repository = load(&data, datastore.path()).await.unwrap();
    assert_eq!(repository.targets().signed.version.get(), 2);
    let text = target(&repository, "store-S1.json").await;
    assert!(String::from_utf8(text).unwrap().contains("Cem O."));

    std::fs::copy(&old, data.metadata().join("timestamp.json")).unwrap();
    assert!(load(&data, datastore.path()).await.is_err());
    // HQ itself does not reuse a version either.
    assert_eq!(publish(&data, &store, now()).await.unwrap().version, 3);
}

#[tokio::test]
async fn a_changed_target_or_signature_is_refused() {
    let (_folder, data) = founded().await;
    let store = SqliteStore::open(&data.database()).unwrap();
    publish(&data, &store, now()).await.unwrap();
    let datastore = tempfile::tempdir().unwrap();
    let repository = load(&data, datastore.path()).await.unwrap();
    let rules = std::fs::read_dir(data.targets())
        .unwrap()
        .map(|file| file.unwrap().path())
        .find(|path| path.to_string_lossy().ends_with("rules.json"))
        .unwrap();
    let text = std::fs::read_to_string(&rules).unwrap();
    std::fs::write(&rules, text.replace("\"points\":1", "\"points\":9")).unwrap();
    let name = RULES.try_into().unwrap();
    let stream = repository.read_target(&name).await.unwrap().unwrap();
    assert!(stream.try_collect::<Vec<_>>().await.is_err());

    let timestamp = data.metadata().join("timestamp.json");
    let text = std::fs::read_to_string(&timestamp).unwrap();
    std::fs::write(&timestamp, text.replace("\"version\": 1", "\"version\": 7")).unwrap();
    let datastore = tempfile::tempdir().unwrap();
    assert!(load(&data, datastore.path()).await.is_err());
}

#[tokio::test]
async fn the_newest_statement_is_signed_anew_before_it_ends() {
    let (_folder, data) = founded().await;
    let store = SqliteStore::open(&data.database()).unwrap();
    assert!(
        !refresh(&data, now()).await.unwrap(),
        "nothing is published"
    );
    let day = 86_400_000;
    let long_ago = Timestamp(now().0 - 40 * day);
    publish(&data, &store, long_ago).await.unwrap();
    let datastore = tempfile::tempdir().unwrap();
    assert!(load(&data, datastore.path()).await.is_err(), "it has ended");
    assert!(
        !refresh(&data, Timestamp(long_ago.0 + 14 * day))
            .await
            .unwrap()
    );
    assert!(refresh(&data, now()).await.unwrap());
    assert!(!refresh(&data, now()).await.unwrap(), "once is enough");
    let repository = load(&data, datastore.path()).await.unwrap();
    assert_eq!(repository.targets().signed.version.get(), 1);
    assert_eq!(repository.timestamp().signed.version.get(), 2);
    assert_eq!(publish(&data, &store, now()).await.unwrap().version, 2);
    load(&data, datastore.path()).await.unwrap();
}

#[tokio::test]
async fn what_no_till_could_use_is_not_published() {
    let (_folder, data) = founded().await;
    let store = SqliteStore::open(&data.database()).unwrap();
    store.import_rules(Document::empty(), NOON).await.unwrap();
    let refused = publish(&data, &store, now()).await.unwrap_err();
    let PublishError::Edition(EditionError::PlanMissing { number, .. }) = &refused else {
        panic!("{refused}");
    };
    assert_eq!(number.as_str(), "SPRING0001");
    assert_eq!(newest(&data).unwrap(), 0);

    let unusable = br#"{"v":2,"rules":[{"rule":"a","name":"A","effects":[]}]}"#;
    let unusable = Document::read(unusable).unwrap();
    store.import_rules(unusable, NOON).await.unwrap();
    let refused = publish(&data, &store, now()).await.unwrap_err();
    let rules = matches!(refused, PublishError::Edition(EditionError::Rules(_)));
    assert!(rules, "{refused}");

    let empty = crate::fixture::Folder::empty();
    let refused = publish(&data, &empty.store, now()).await.unwrap_err();
    let none = matches!(refused, PublishError::Edition(EditionError::NoStores));
    assert!(none, "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_never_sees_half_a_bundle_and_old_ones_go() {
    let (_folder, data) = founded().await;
    let store = SqliteStore::open(&data.database()).unwrap();
    publish(&data, &store, now()).await.unwrap();
    let (publishing, reading) = (data.clone(), data.clone());
    let writer = tokio::spawn(async move {
        for _ in 0..6 {
            publish(&publishing, &store, now()).await.unwrap();
        }
    });
    let datastore = tempfile::tempdir().unwrap();
    let mut newest_seen = 0;
    while !writer.is_finished() {
        let repository = load(&reading, datastore.path()).await.unwrap();
        let store = target(&repository, "store-S1.json").await;
        assert!(!store.is_empty());
        newest_seen = newest_seen.max(repository.targets().signed.version.get());
    }
    writer.await.unwrap();
    assert!(newest_seen >= 1);
    let metadata = |name: &str| data.metadata().join(name).exists();
    assert!(!metadata("4.targets.json") && !metadata("4.snapshot.json"));
    assert!(metadata("5.targets.json") && metadata("7.snapshot.json"));
    assert!(metadata("1.root.json"), "the root stays");
    let targets = std::fs::read_dir(data.targets()).unwrap().count();
    assert!(targets <= 2 + 2 * 3, "{targets} targets of three bundles");
    assert!(!data.bundle().join("next").exists());
}

#[cfg(unix)]
#[tokio::test]
async fn keys_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, data) = founded().await;
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.path().join("hq")), 0o700);
    for key in ["root", "targets", "snapshot", "timestamp"] {
        assert_eq!(mode(&data.role_key(key)), 0o600);
    }
    assert_eq!(mode(&data.ca_key()), 0o600);
    assert_eq!(mode(&data.server_key()), 0o600);
}
