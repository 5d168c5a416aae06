//! What accounts asks of its tables: one statement each.

use accounts_contract::Person;
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait as _, JoinType,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, RelationTrait as _, Select, TryInsertResult,
    sea_query::OnConflict,
};
use sha2::{Digest as _, Sha256};
use vocabulary::{Address, Email, PersonId};

use crate::{
    tables::{addresses, people, roles, sessions},
    tokens::hexadecimal,
};

/// Somebody, and what their password can be checked with.
pub(crate) struct Known {
    pub(crate) person: Person,
    pub(crate) password_hash: String,
}

/// An address as it is kept.
pub(crate) struct KeptAddress {
    pub(crate) address: Address,
    pub(crate) digest: String,
    /// Greater for those used later.
    pub(crate) used: i64,
}

/// By what an e-mail address belongs to one person, however it is written.
pub(crate) fn email_key(email: &Email) -> String {
    email.as_str().to_lowercase()
}

/// The person with this e-mail address.
pub(crate) async fn person_of_email(on: &impl ConnectionTrait, email: &Email) -> Result<Option<Known>, DbErr> {
    let found = people::Entity::find().filter(people::Column::EmailKey.eq(email_key(email)));
    person(on, with_roles(found)).await
}

/// The person whose session this is, when it is not over.
pub(crate) async fn person_of_session(
    on: &impl ConnectionTrait,
    token_hash: &str,
    now: i64,
) -> Result<Option<Person>, DbErr> {
    let found = people::Entity::find()
        .join_rev(JoinType::InnerJoin, sessions::Relation::Person.def())
        .filter(sessions::Column::TokenHash.eq(token_hash))
        .filter(sessions::Column::ExpiresAt.gt(now));
    Ok(person(on, with_roles(found)).await?.map(|known| known.person))
}

fn with_roles(people: Select<people::Entity>) -> Select<people::Entity> {
    people
        .select_only()
        .columns([people::Column::Id, people::Column::Email, people::Column::Name, people::Column::PasswordHash])
        .column(roles::Column::Role)
        .join(JoinType::LeftJoin, people::Relation::Roles.def())
        .order_by_asc(roles::Column::Role)
}

/// One person from as many rows as they have roles.
async fn person(on: &impl ConnectionTrait, select: Select<people::Entity>) -> Result<Option<Known>, DbErr> {
    let rows: Vec<(String, String, String, String, Option<String>)> = select.into_tuple().all(on).await?;
    let mut known: Option<Known> = None;
    for (id, email, name, password_hash, role) in rows {
        let known = match &mut known {
            Some(known) => known,
            none => {
                let id = id.parse().map_err(|error| DbErr::Type(format!("{id:?} is no person's id: {error}")))?;
                // Neither address nor name belong into an error.
                let email = email.parse().map_err(|_| DbErr::Type(format!("the e-mail address of {id} is none")))?;
                none.insert(Known { person: Person { id, email, name, roles: Vec::new() }, password_hash })
            }
        };
        known.person.roles.extend(role);
    }
    Ok(known)
}

/// Says whether there is such a person.
pub(crate) async fn is_known(on: &impl ConnectionTrait, person: PersonId) -> Result<bool, DbErr> {
    let found: Option<String> = people::Entity::find_by_id(person.to_string())
        .select_only()
        .column(people::Column::Id)
        .into_tuple()
        .one(on)
        .await?;
    Ok(found.is_some())
}

/// Takes a person in; says whether the e-mail address was free.
pub(crate) async fn insert_person(
    tx: &DatabaseTransaction,
    person: &Person,
    password_hash: &str,
    at: i64,
) -> Result<bool, DbErr> {
    let row = people::ActiveModel {
        id: Set(person.id.to_string()),
        email: Set(person.email.as_str().to_owned()),
        email_key: Set(email_key(&person.email)),
        name: Set(person.name.clone()),
        password_hash: Set(password_hash.to_owned()),
        made_at: Set(at),
    };
    let once = people::Entity::insert(row).on_conflict_do_nothing_on([people::Column::EmailKey]);
    let inserted = once.exec_without_returning(tx).await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(rows) if rows > 0))
}

/// Gives a person a role, unless they have it.
pub(crate) async fn insert_role(tx: &DatabaseTransaction, person: PersonId, role: &str) -> Result<(), DbErr> {
    let row = roles::ActiveModel { person: Set(person.to_string()), role: Set(role.to_owned()) };
    let once = roles::Entity::insert(row).on_conflict_do_nothing_on([roles::Column::Person, roles::Column::Role]);
    once.exec_without_returning(tx).await.map(|_| ())
}

/// Opens a session.
pub(crate) async fn insert_session(
    tx: &DatabaseTransaction,
    token_hash: &str,
    person: PersonId,
    expires_at: i64,
) -> Result<(), DbErr> {
    let row = sessions::ActiveModel {
        token_hash: Set(token_hash.to_owned()),
        person: Set(person.to_string()),
        expires_at: Set(expires_at),
    };
    sessions::Entity::insert(row).exec_without_returning(tx).await.map(|_| ())
}

/// Closes a session.
pub(crate) async fn delete_session(tx: &DatabaseTransaction, token_hash: &str) -> Result<(), DbErr> {
    sessions::Entity::delete_by_id(token_hash).exec(tx).await.map(|_| ())
}

/// Forgets everybody's sessions that are over.
pub(crate) async fn delete_sessions_over(tx: &DatabaseTransaction, now: i64) -> Result<(), DbErr> {
    sessions::Entity::delete_many().filter(sessions::Column::ExpiresAt.lte(now)).exec(tx).await.map(|_| ())
}

/// A person's addresses, the one used last first.
pub(crate) async fn addresses(on: &impl ConnectionTrait, person: PersonId) -> Result<Vec<KeptAddress>, DbErr> {
    let rows = addresses::Entity::find()
        .filter(addresses::Column::Person.eq(person.to_string()))
        .order_by_desc(addresses::Column::Used)
        .all(on)
        .await?;
    let kept = rows.into_iter().map(|row| {
        let address = serde_json::from_str(&row.address)
            .map_err(|_| DbErr::Json(format!("an address of {person} cannot be read")))?;
        Ok(KeptAddress { address, digest: row.digest, used: row.used })
    });
    kept.collect()
}

/// Keeps an address, or notes that it was used again.
pub(crate) async fn put_address(
    tx: &DatabaseTransaction,
    person: PersonId,
    address: &Address,
    used: i64,
) -> Result<(), DbErr> {
    let json = serde_json::to_string(address).map_err(|error| DbErr::Json(error.to_string()))?;
    let row = addresses::ActiveModel {
        person: Set(person.to_string()),
        digest: Set(hexadecimal(&Sha256::digest(json.as_bytes()))),
        address: Set(json),
        used: Set(used),
    };
    let again = OnConflict::columns([addresses::Column::Person, addresses::Column::Digest])
        .update_column(addresses::Column::Used)
        .to_owned();
    addresses::Entity::insert(row).on_conflict(again).exec_without_returning(tx).await.map(|_| ())
}

/// Forgets addresses of a person.
pub(crate) async fn delete_addresses(
    tx: &DatabaseTransaction,
    person: PersonId,
    digests: &[String],
) -> Result<(), DbErr> {
    if digests.is_empty() {
        return Ok(());
    }
    addresses::Entity::delete_many()
        .filter(addresses::Column::Person.eq(person.to_string()))
        .filter(addresses::Column::Digest.is_in(digests))
        .exec(tx)
        .await
        .map(|_| ())
}
