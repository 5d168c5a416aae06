//! Writes what a contract stands for.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Attribute, Ident};

use crate::read::{Contract, Method, summary};

pub(crate) fn contract(contract: &Contract) -> TokenStream {
    let parts = [object_safe(contract), companion(contract), here(contract), descriptor(contract), remote(contract)];
    quote!(#(#parts)*)
}

/// The trait that callers hold.
fn object_safe(contract: &Contract) -> TokenStream {
    let Contract { name, visibility, kept, .. } = contract;
    let methods = contract.methods.iter().map(|method| {
        let (kept, signature) = (&method.kept, signature(method));
        quote!(#(#kept)* #signature;)
    });
    quote! {
        #(#kept)*
        #visibility trait #name: ::core::marker::Send + ::core::marker::Sync + 'static {
            #(#methods)*
        }
    }
}

/// The trait that a service implements.
fn companion(contract: &Contract) -> TokenStream {
    let Contract { name, visibility, .. } = contract;
    let service = format_ident!("{name}Service");
    let documentation = format!("What answers [`{name}`]: implemented with plain `async fn`.");
    let methods = contract.methods.iter().map(|method| {
        let Method { name, kept, call, answer, error, .. } = method;
        let arguments = arguments(method);
        quote! {
            #(#kept)*
            fn #name(&self, call: &#call #arguments)
                -> impl ::core::future::Future<Output = ::seam::Outcome<#answer, #error>> + ::core::marker::Send;
        }
    });
    let conditions = conditions(&contract.kept);
    quote! {
        #(#conditions)*
        #[doc = #documentation]
        #visibility trait #service: ::core::marker::Send + ::core::marker::Sync + 'static {
            #(#methods)*
        }
    }
}

/// A service in this process, as one caller sees it.
fn here(contract: &Contract) -> TokenStream {
    let Contract { name, visibility, .. } = contract;
    let (service, here) = (format_ident!("{name}Service"), format_ident!("{name}Here"));
    let documentation = format!("A [`{service}`] in this process, as one caller sees it.");
    let methods = contract.methods.iter().enumerate().map(|(index, method)| {
        let (signature, arguments, conditions) = (signature(method), arguments(method), conditions(&method.kept));
        let Method { name, call, answer, error, .. } = method;
        let names: Vec<_> = method.arguments.iter().map(|(name, _)| name).collect();
        let written = names.iter().map(ToString::to_string);
        quote! {
            #(#conditions)*
            #[inline]
            #signature {
                // Apart, so that a call nobody watches pays for nothing but a look.
                #[cold]
                fn sampled<'a, S: #service>(here: &'a #here<S>, call: &'a #call #arguments)
                    -> ::seam::Answer<'a, #answer, #error>
                {
                    ::std::boxed::Box::pin(async move {
                        let visit = here.edge.enter_sampled(#index, call)?;
                        ::seam::when_split! {
                            visit.note_question(|| ::seam::wire::question_bytes(&[#((#written, &#names)),*]));
                        }
                        visit.begin_handler().await;
                        let seen = visit.call(call);
                        let answer = ::seam::guarded(seen.deadline(), here.service.#name(seen #(, #names)*)).await;
                        visit.end_handler();
                        ::seam::when_split! {
                            visit.note_answer(|| ::seam::wire::answer_bytes(&answer));
                        }
                        here.edge.leave(#index, visit, answer)
                    })
                }
                if call.trace().sampled {
                    return sampled(self, call #(, #names)*);
                }
                ::std::boxed::Box::pin(async move {
                    let visit = self.edge.enter(#index, call)?;
                    let seen = visit.call(call);
                    let answer = ::seam::guarded(seen.deadline(), self.service.#name(seen #(, #names)*)).await;
                    self.edge.leave(#index, visit, answer)
                })
            }
        }
    });
    let conditions = conditions(&contract.kept);
    quote! {
        #(#conditions)*
        #[doc = #documentation]
        #[derive(Debug)]
        #visibility struct #here<S> {
            service: ::std::sync::Arc<S>,
            edge: ::seam::Edge,
        }

        #(#conditions)*
        impl<S: #service> #name for #here<S> {
            #(#methods)*
        }

        #(#conditions)*
        impl<S: #service> ::seam::Provides<S> for dyn #name {
            fn here(service: ::std::sync::Arc<S>, edge: ::seam::Edge) -> ::std::sync::Arc<Self> {
                ::std::sync::Arc::new(#here { service, edge })
            }
        }
    }
}

/// What graph, documentation and checks read.
fn descriptor(contract: &Contract) -> TokenStream {
    let Contract { name, .. } = contract;
    let (client, routes) = (format_ident!("{name}Client"), format_ident!("{name}Routes"));
    let (written, module, first) = (name.to_string(), kebab(&name.to_string()), summary(&contract.kept));
    let methods = contract.methods.iter().map(|method| {
        let (name, first, repeat) = (method.name.to_string(), summary(&method.kept), &method.repeat);
        let arguments = method.arguments.iter().map(|(name, of)| {
            let (name, of) = (name.to_string(), text(&quote!(#of)));
            quote!((#name, #of))
        });
        let (answer, error) = (&method.answer, &method.error);
        let (answer, error) = (text(&quote!(#answer)), text(&quote!(#error)));
        quote! {
            ::seam::MethodDescriptor {
                name: #name,
                summary: #first,
                repeat: ::seam::Repeat::#repeat,
                arguments: &[#(#arguments),*],
                answer: #answer,
                error: #error,
            }
        }
    });
    let conditions = conditions(&contract.kept);
    quote! {
        #(#conditions)*
        const _: () = {
            static DESCRIPTOR: ::seam::Descriptor =
                ::seam::Descriptor { module: #module, name: #written, summary: #first, methods: &[#(#methods),*] };

            impl ::seam::Contract for dyn #name {
                const DESCRIPTOR: &'static ::seam::Descriptor = &DESCRIPTOR;

                ::seam::when_split! {
                    fn client(hop: ::seam::wire::Hop) -> ::std::sync::Arc<Self> {
                        ::std::sync::Arc::new(#client { hop })
                    }

                    fn routes(answered_by: ::std::sync::Arc<Self>) -> ::std::sync::Arc<dyn ::seam::wire::Routes> {
                        ::std::sync::Arc::new(#routes { answered_by })
                    }
                }
            }
        };
    }
}

/// The client and the routes, side by side from one source.
fn remote(contract: &Contract) -> TokenStream {
    let Contract { name, visibility, .. } = contract;
    let (client, routes) = (format_ident!("{name}Client"), format_ident!("{name}Routes"));
    let client_documentation = format!("Asks [`{name}`] of wherever its hop leads.");
    let routes_documentation = format!("Answers [`{name}`] for callers in other processes.");
    let structs = contract.methods.iter().map(|method| {
        let (arguments, conditions) = (arguments_name(name, method), conditions(&method.kept));
        let (names, types): (Vec<_>, Vec<_>) = method.arguments.iter().cloned().unzip();
        quote! {
            #(#conditions)*
            #[derive(::seam::expansion::serde::Serialize, ::seam::expansion::serde::Deserialize)]
            #[serde(crate = "::seam::expansion::serde")]
            struct #arguments { #(#names: #types),* }
        }
    });
    let asks = contract.methods.iter().enumerate().map(|(index, method)| {
        let (signature, arguments, conditions) =
            (signature(method), arguments_name(name, method), conditions(&method.kept));
        let names = method.arguments.iter().map(|(name, _)| name);
        quote! {
            #(#conditions)*
            #signature {
                ::std::boxed::Box::pin(self.hop.ask(#index, call, #arguments { #(#names),* }))
            }
        }
    });
    let answers = contract.methods.iter().enumerate().map(|(index, method)| {
        let (arguments, conditions) = (arguments_name(name, method), conditions(&method.kept));
        let name = &method.name;
        let names: Vec<_> = method.arguments.iter().map(|(name, _)| name).collect();
        quote! {
            #(#conditions)*
            #index => {
                let #arguments { #(#names),* } = match ::seam::wire::read_arguments(codec, arguments) {
                    ::core::result::Result::Ok(arguments) => arguments,
                    ::core::result::Result::Err(breakdown) => {
                        let reply = ::seam::wire::Reply::of_breakdown(codec, &breakdown);
                        return ::std::boxed::Box::pin(::core::future::ready(reply));
                    }
                };
                let answered_by = self.answered_by.clone();
                ::std::boxed::Box::pin(async move {
                    ::seam::wire::Reply::of(codec, &answered_by.#name(&call #(, #names)*).await)
                })
            }
        }
    });
    let conditions = conditions(&contract.kept);
    quote! {
        ::seam::when_split! {
            #(#structs)*

            #(#conditions)*
            #[doc = #client_documentation]
            #[derive(Debug)]
            #visibility struct #client {
                hop: ::seam::wire::Hop,
            }

            #(#conditions)*
            impl #name for #client {
                #(#asks)*
            }

            #(#conditions)*
            #[doc = #routes_documentation]
            #visibility struct #routes {
                answered_by: ::std::sync::Arc<dyn #name>,
            }

            #(#conditions)*
            impl ::seam::wire::Routes for #routes {
                fn descriptor(&self) -> &'static ::seam::Descriptor {
                    <dyn #name as ::seam::Contract>::DESCRIPTOR
                }

                fn answer(&self, method: usize, call: ::seam::Call, codec: ::seam::wire::Codec, arguments: &[u8])
                    -> ::core::pin::Pin<::std::boxed::Box<
                        dyn ::core::future::Future<Output = ::seam::wire::Reply> + ::core::marker::Send>>
                {
                    match method {
                        #(#answers)*
                        _ => ::std::boxed::Box::pin(::core::future::ready(::seam::wire::Reply::unknown_method(codec))),
                    }
                }
            }
        }
    }
}

fn signature(method: &Method) -> TokenStream {
    let Method { name, call, answer, error, .. } = method;
    let arguments = arguments(method);
    quote!(fn #name<'a>(&'a self, call: &'a #call #arguments) -> ::seam::Answer<'a, #answer, #error>)
}

fn arguments(method: &Method) -> TokenStream {
    let arguments = method.arguments.iter().map(|(name, of)| quote!(, #name: #of));
    quote!(#(#arguments)*)
}

fn arguments_name(contract: &Ident, method: &Method) -> Ident {
    let pascal: String = method.name.to_string().split('_').map(capitalised).collect();
    format_ident!("{contract}{pascal}Arguments", span = method.name.span())
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// `#[cfg]` must stand on everything that is made of the item it stands on.
fn conditions(attributes: &[Attribute]) -> Vec<&Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).collect()
}

fn kebab(pascal: &str) -> String {
    let mut out = String::new();
    for letter in pascal.chars() {
        if letter.is_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.extend(letter.to_lowercase());
    }
    out
}

/// Tokens as a person would write them.
fn text(tokens: &TokenStream) -> String {
    tokens.to_string().replace(" <", "<").replace("< ", "<").replace(" >", ">").replace(" ,", ",").replace(" :: ", "::")
}
