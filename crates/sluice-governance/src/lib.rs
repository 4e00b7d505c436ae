//! Descriptor, contracts and metadata of a data product.
