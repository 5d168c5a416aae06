//! Reads a contract from its trait and reports all that is wrong with it at once.

use proc_macro2::{Span, TokenStream};
use syn::{
    Attribute, Error, Expr, FnArg, GenericArgument, Ident, ItemTrait, Lit, Meta, Pat, PathArguments, ReceiverKind,
    ReturnType, TraitItem, TraitItemFn, Type, Visibility, parse2, spanned::Spanned,
};

pub(crate) struct Contract {
    pub(crate) name: Ident,
    pub(crate) visibility: Visibility,
    pub(crate) kept: Vec<Attribute>,
    pub(crate) methods: Vec<Method>,
}

pub(crate) struct Method {
    pub(crate) name: Ident,
    pub(crate) kept: Vec<Attribute>,
    pub(crate) repeat: Ident,
    /// `Call` as the trait writes it, so that its import is used.
    pub(crate) call: Type,
    pub(crate) arguments: Vec<(Ident, Type)>,
    pub(crate) answer: Type,
    pub(crate) error: Type,
}

/// Collects errors, so that one build shows them all.
#[derive(Default)]
struct Errors(Option<Error>);

impl Errors {
    fn add(&mut self, span: Span, message: impl std::fmt::Display) {
        let error = Error::new(span, message);
        match &mut self.0 {
            Some(all) => all.combine(error),
            None => self.0 = Some(error),
        }
    }
}

pub(crate) fn contract(arguments: TokenStream, item: TokenStream) -> Result<Contract, Error> {
    let item: ItemTrait = parse2(item)?;
    let mut errors = Errors::default();
    if !arguments.is_empty() {
        errors.add(arguments.span(), "a contract takes no arguments: write `#[seam::contract]`");
    }
    if !item.generics.params.is_empty() {
        errors.add(item.generics.span(), "a contract cannot be generic: its types cross processes, so name them");
    }
    if !item.supertraits.is_empty() {
        errors.add(item.supertraits.span(), "a contract has no supertraits: `Send + Sync` come by themselves");
    }
    let mut methods = Vec::new();
    for item in &item.items {
        match item {
            TraitItem::Fn(function) => methods.extend(method(function, &mut errors)),
            other => errors.add(other.span(), "a contract has methods only"),
        }
    }
    match errors.0 {
        Some(errors) => Err(errors),
        None => Ok(Contract { name: item.ident, visibility: item.vis, kept: item.attrs, methods }),
    }
}

fn method(function: &TraitItemFn, errors: &mut Errors) -> Option<Method> {
    let signature = &function.sig;
    let before = errors.0.as_ref().map_or(0, |error| error.clone().into_iter().count());
    if signature.asyncness.is_none() {
        errors.add(signature.fn_token.span(), "a contract method is `async fn`: it may be answered by another process");
    }
    if !signature.generics.params.is_empty() {
        errors.add(
            signature.generics.span(),
            "a contract method cannot be generic: its types cross processes, so name them",
        );
    }
    if let Some(body) = &function.default {
        errors.add(body.span(), "a contract method has no body: the service answers it");
    }
    let repeat = repeat(function, errors);
    let call = call_type(function, errors);
    let arguments = arguments(function, errors);
    let result = result_types(&signature.ident, &signature.output, errors);
    let after = errors.0.as_ref().map_or(0, |error| error.clone().into_iter().count());
    if before != after {
        return None;
    }
    let (answer, error) = result?;
    let kept = function.attrs.iter().filter(|attribute| repeat_of(attribute).is_none()).cloned().collect();
    Some(Method { name: signature.ident.clone(), kept, repeat: repeat?, call: call?, arguments, answer, error })
}

fn repeat_of(attribute: &Attribute) -> Option<&'static str> {
    let Meta::Path(path) = &attribute.meta else { return None };
    [("read", "Read"), ("idempotent", "Idempotent"), ("once", "Once")]
        .into_iter()
        .find_map(|(written, variant)| path.is_ident(written).then_some(variant))
}

fn repeat(function: &TraitItemFn, errors: &mut Errors) -> Option<Ident> {
    let mut found = function.attrs.iter().filter_map(|attribute| Some((attribute, repeat_of(attribute)?)));
    let Some((first, variant)) = found.next() else {
        errors.add(
            function.sig.ident.span(),
            "say what may be done with a call that got no answer: `#[read]` (may be retried and hedged), `#[idempotent]` (may be \
             retried) or `#[once]` (may not)",
        );
        return None;
    };
    if let Some((second, _)) = found.next() {
        errors.add(second.span(), "a method has one of `#[read]`, `#[idempotent]` and `#[once]`");
    }
    Some(Ident::new(variant, first.span()))
}

fn call_type(function: &TraitItemFn, errors: &mut Errors) -> Option<Type> {
    let mut inputs = function.sig.inputs.iter();
    match inputs.next() {
        Some(FnArg::Receiver(receiver)) if matches!(receiver.kind, ReceiverKind::Reference(_, _, None)) => {}
        Some(other) => errors.add(other.span(), "the first argument is `&self`: many callers ask at once"),
        None => errors.add(function.sig.ident.span(), "the first argument is missing: write `&self`"),
    }
    let Some(second) = inputs.next() else {
        errors.add(function.sig.ident.span(), "the second argument is missing: write `call: &Call`");
        return None;
    };
    let call = match second {
        FnArg::Typed(argument) => reference_to_call(&argument.ty),
        FnArg::Receiver(_) => None,
    };
    if call.is_none() {
        errors.add(second.span(), "the second argument is `call: &Call`: it carries the deadline");
    }
    call
}

fn reference_to_call(written: &Type) -> Option<Type> {
    let Type::Reference(reference) = written else { return None };
    let Type::Path(path) = &*reference.elem else { return None };
    let named =
        reference.mutability.is_none() && path.path.segments.last().is_some_and(|segment| segment.ident == "Call");
    named.then(|| (*reference.elem).clone())
}

fn arguments(function: &TraitItemFn, errors: &mut Errors) -> Vec<(Ident, Type)> {
    let mut arguments = Vec::new();
    for input in function.sig.inputs.iter().skip(2) {
        let FnArg::Typed(argument) = input else { continue };
        match &*argument.ty {
            Type::Reference(_) => {
                errors.add(argument.ty.span(), "arguments are owned values: nothing borrowed can cross a process");
            }
            Type::ImplTrait(_) => errors.add(argument.ty.span(), "arguments have a named type: it crosses processes"),
            _ => {}
        }
        match &*argument.pat {
            Pat::Ident(name) => arguments.push((name.ident.clone(), (*argument.ty).clone())),
            pattern => errors.add(pattern.span(), "an argument has a plain name: it is a field on the wire"),
        }
    }
    arguments
}

fn result_types(method: &Ident, output: &ReturnType, errors: &mut Errors) -> Option<(Type, Type)> {
    const WANTED: &str = "a contract method returns `Result<Answer, Error>`, written out";
    let ReturnType::Type(_, written) = output else {
        errors.add(method.span(), WANTED);
        return None;
    };
    let types = match &**written {
        Type::Path(path) => path.path.segments.last().filter(|segment| segment.ident == "Result").and_then(|segment| {
            let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
            let types = arguments.args.iter().filter_map(|argument| match argument {
                GenericArgument::Type(named) => Some(named.clone()),
                _ => None,
            });
            <[Type; 2]>::try_from(types.collect::<Vec<_>>()).ok()
        }),
        _ => None,
    };
    let Some([answer, error]) = types else {
        errors.add(written.span(), WANTED);
        return None;
    };
    if let Type::Reference(_) = answer {
        errors.add(answer.span(), "answers are owned values (a large one may be an `Arc`)");
    }
    Some((answer, error))
}

/// The first sentence of what stands in the doc comments.
pub(crate) fn summary(attributes: &[Attribute]) -> String {
    let mut text = String::new();
    for attribute in attributes {
        let Meta::NameValue(pair) = &attribute.meta else { continue };
        if !pair.path.is_ident("doc") {
            continue;
        }
        let Expr::Lit(literal) = &pair.value else { continue };
        let Lit::Str(line) = &literal.lit else { continue };
        let line = line.value();
        if line.trim().is_empty() {
            break;
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(line.trim());
    }
    match text.find(". ") {
        Some(end) => text[..=end].to_owned(),
        None => text,
    }
}
