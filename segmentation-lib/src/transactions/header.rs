//! From column names to roles.

use super::mapping::{ColumnMapping, ColumnRef, Role};

/// Number of roles.
pub(super) const ROLES: usize = Role::ALL.len();

/// A file's columns and the roles they play.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    pub columns: Vec<String>,
    roles: [Option<usize>; ROLES],
}

/// Why a header does not settle which column plays which role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsettled {
    /// The mapping names a column that is not there.
    #[error("there is no column {column:?} for {role}")]
    NotFound {
        /// The role.
        role: Role,
        /// The column as the mapping names it.
        column: String,
    },
    /// Several columns suggest the same role.
    #[error("several columns may be the {role}: {}", listed(candidates))]
    Several {
        /// The role.
        role: Role,
        /// Their names.
        candidates: Vec<String>,
    },
    /// No column suggests these roles.
    #[error("no column is recognised as {}", needed(.0))]
    Missing(
        /// The roles; [`Role::Amount`] where there is neither an amount nor a quantity with a price.
        Vec<Role>,
    ),
}

fn listed(columns: &[String]) -> String {
    columns.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
}

fn needed(roles: &[Role]) -> String {
    let name = |role: &Role| match role {
        Role::Amount => "amount (or quantity and price)",
        role => role.name(),
    };
    roles.iter().map(name).collect::<Vec<_>>().join(", ")
}

impl Layout {
    /// Settles the roles of `columns`: the mapping first, names for the rest.
    pub fn resolve(columns: &[String], mapping: &ColumnMapping) -> Result<Self, Unsettled> {
        let mut roles = [None; ROLES];
        let mut taken = vec![false; columns.len()];
        for (role, column) in mapping.iter() {
            let at = position(columns, column)
                .map_err(|candidates| Unsettled::Several { role, candidates })?
                .filter(|_| *column != ColumnRef::Absent);
            if at.is_none() && *column != ColumnRef::Absent {
                return Err(Unsettled::NotFound { role, column: column.to_string() });
            }
            roles[role as usize] = at;
            at.into_iter().for_each(|at| taken[at] = true);
        }
        let names: Vec<String> = columns.iter().map(|name| normalized(name)).collect();
        for role in Role::ALL.into_iter().filter(|role| mapping.get(*role).is_none()) {
            let at = suggested(role, &names, &taken).map_err(|found| Unsettled::Several {
                role,
                candidates: found.iter().map(|&at| columns[at].clone()).collect(),
            })?;
            roles[role as usize] = at;
            at.into_iter().for_each(|at| taken[at] = true);
        }
        Self { columns: columns.to_vec(), roles }.complete()
    }

    fn complete(self) -> Result<Self, Unsettled> {
        let mut missing = Vec::new();
        if self.column(Role::Customer).is_none() {
            missing.push(Role::Customer);
        }
        if self.column(Role::Date).is_none() {
            missing.push(Role::Date);
        }
        let priced = self.column(Role::Quantity).is_some() && self.column(Role::Price).is_some();
        if self.column(Role::Amount).is_none() && !priced {
            missing.push(Role::Amount);
        }
        if missing.is_empty() { Ok(self) } else { Err(Unsettled::Missing(missing)) }
    }

    /// Where `role`'s column is, from 0.
    pub fn column(&self, role: Role) -> Option<usize> {
        self.roles[role as usize]
    }

    /// The name of `role`'s column.
    pub fn name(&self, role: Role) -> Option<&str> {
        self.column(role).map(|at| self.columns[at].as_str())
    }

    /// Whether the columns are the Online Retail data's, whose `StockCode` holds codes of one letter
    /// that are no products.
    pub fn has_stock_codes(&self) -> bool {
        self.name(Role::Product).is_some_and(|name| normalized(name) == "stockcode")
    }

    /// `customer = CustomerID, date = InvoiceDate, …`.
    pub fn describe(&self) -> String {
        let pairs: Vec<String> = Role::ALL
            .into_iter()
            .filter_map(|role| self.name(role).map(|name| format!("{role} = {name}")))
            .collect();
        pairs.join(", ")
    }
}

/// Finds a named column: by exact name, else by normalised name; two matches are an error.
fn position(columns: &[String], column: &ColumnRef) -> Result<Option<usize>, Vec<String>> {
    let name = match column {
        ColumnRef::Absent => return Ok(None),
        ColumnRef::Position(position) => {
            return Ok((1..=columns.len()).contains(position).then(|| position - 1));
        }
        ColumnRef::Name(name) => name,
    };
    if let Some(at) = columns.iter().position(|c| c == name) {
        return Ok(Some(at));
    }
    let wanted = normalized(name);
    let found: Vec<usize> = (0..columns.len()).filter(|&at| normalized(&columns[at]) == wanted).collect();
    match found.as_slice() {
        [] => Ok(None),
        [at] => Ok(Some(*at)),
        several => Err(several.iter().map(|&at| columns[at].clone()).collect()),
    }
}

/// The column whose name suggests `role`: the strongest names first; two of equal strength are an error,
/// except for roles that nothing depends on, where the first is taken.
fn suggested(role: Role, names: &[String], taken: &[bool]) -> Result<Option<usize>, Vec<usize>> {
    for tier in synonyms(role) {
        let found: Vec<usize> =
            (0..names.len()).filter(|&at| !taken[at] && tier.contains(&names[at].as_str())).collect();
        match found.as_slice() {
            [] => continue,
            [at] => return Ok(Some(*at)),
            [at, ..] if matches!(role, Role::Description | Role::Country) => return Ok(Some(*at)),
            _ => return Err(found),
        }
    }
    Ok(None)
}

/// Lower case, accents folded, letters and digits only.
pub(super) fn normalized(name: &str) -> String {
    name.chars().flat_map(char::to_lowercase).map(unaccented).filter(|c| c.is_alphanumeric()).collect()
}

fn unaccented(c: char) -> char {
    match c {
        'á' | 'à' | 'â' | 'ã' | 'ä' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'õ' | 'ö' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        'ñ' => 'n',
        'º' => 'o',
        'ª' => 'a',
        other => other,
    }
}

/// Normalised names that suggest a role, strongest first.
fn synonyms(role: Role) -> &'static [&'static [&'static str]] {
    match role {
        Role::Customer => &[
            &[
                "customerid",
                "customer",
                "customerno",
                "customernumber",
                "customernr",
                "customercode",
                "custid",
                "custno",
                "customerkey",
                "householdid",
                "householdkey",
                "clientid",
                "client",
                "clientno",
                "idcliente",
                "cliente",
                "clienteid",
                "codcliente",
                "codigocliente",
                "codigodocliente",
                "buyerid",
                "memberid",
                "loyaltyid",
                "customeruniqueid",
                "shopperid",
                "consumerid",
                "kundennummer",
                "kundenid",
                "idclient",
                "numclient",
            ],
            &[
                "userid",
                "user",
                "accountid",
                "account",
                "visitorid",
                "personid",
                "cardid",
                "contactid",
                "memberno",
            ],
            &[
                "cpf",
                "cnpj",
                "cpfcnpj",
                "cpfcliente",
                "cnpjcliente",
                "email",
                "customeremail",
                "clientemail",
                "panid",
                "hshdnum",
            ],
        ],
        Role::Date => &[
            &[
                "invoicedate",
                "orderdate",
                "purchasedate",
                "transactiondate",
                "transdate",
                "transactiontimestamp",
                "transactiondatetime",
                "invoicedatetime",
                "orderdatetime",
                "ordertimestamp",
                "orderpurchasetimestamp",
                "purchasetimestamp",
                "purchasedat",
                "saledate",
                "salesdate",
                "datadacompra",
                "datacompra",
                "datapedido",
                "datadopedido",
                "datavenda",
                "datadavenda",
                "dtcompra",
                "dtvenda",
                "dtpedido",
                "dtemissao",
                "dataemissao",
                "datadeemissao",
                "datadaemissao",
                "datatransacao",
                "datadatransacao",
                "transactiondt",
                "eventtime",
                "saletime",
                "transactiontime",
                "purchasedatetime",
                "billdate",
                "receiptdate",
                "bookingdate",
                "fecha",
                "fechacompra",
            ],
            &[
                "date",
                "data",
                "datetime",
                "timestamp",
                "day",
                "orderedat",
                "createdat",
                "dt",
                "datahora",
                "tdat",
                "purchase",
            ],
        ],
        Role::Invoice => &[
            &[
                "invoiceno",
                "invoice",
                "invoiceid",
                "invoicenumber",
                "orderid",
                "orderno",
                "ordernumber",
                "basketid",
                "transactionid",
                "transid",
                "receiptid",
                "receiptno",
                "billno",
                "billid",
                "pedido",
                "idpedido",
                "pedidoid",
                "numeropedido",
                "numerodopedido",
                "nrpedido",
                "notafiscal",
                "numeronota",
                "nonotafiscal",
                "nnotafiscal",
                "numnotafiscal",
                "numeronotafiscal",
                "numerodanotafiscal",
                "nrnotafiscal",
                "npedido",
                "nopedido",
                "codpedido",
                "codigopedido",
                "codigodopedido",
                "cupom",
                "cupomfiscal",
                "nf",
                "salesid",
                "saleid",
                "purchaseid",
                "idvenda",
                "ticketid",
                "checkid",
                "salesordernumber",
                "basketnum",
                "idtransacao",
            ],
            &[
                "order",
                "transaction",
                "basket",
                "receipt",
                "bill",
                "ticket",
                "venda",
                "session",
                "usersession",
            ],
        ],
        Role::Product => &[
            &[
                "stockcode",
                "productid",
                "productcode",
                "itemid",
                "itemcode",
                "sku",
                "articleid",
                "idproduto",
                "produtoid",
                "codproduto",
                "codigoproduto",
                "codigodoproduto",
                "itemno",
                "productno",
                "productkey",
                "skuid",
                "upc",
                "ean",
                "productnum",
                "articleno",
                "asin",
            ],
            &[
                "product",
                "produto",
                "item",
                "article",
                "productname",
                "itemname",
                "nomeproduto",
                "productline",
            ],
            &["productcategory", "category", "categoria"],
        ],
        Role::Description => &[&[
            "description",
            "productdescription",
            "itemdescription",
            "descricao",
            "descricaoproduto",
            "productname",
            "itemname",
            "nomeproduto",
            "desc",
        ]],
        Role::Quantity => &[
            &[
                "quantity",
                "qty",
                "quantidade",
                "qtd",
                "qtde",
                "quantidadevendida",
                "qtdvendida",
                "units",
                "numberofcds",
                "numberofitems",
                "itemcount",
                "quantityordered",
                "orderquantity",
                "purchasequantity",
                "unitssold",
                "quantitysold",
                "cantidad",
                "menge",
                "orderqty",
            ],
            &["items", "pieces", "count", "numitems", "salesquantity"],
        ],
        Role::Price => &[&[
            "unitprice",
            "price",
            "priceeach",
            "preco",
            "precounitario",
            "valorunitario",
            "itemprice",
            "sellingprice",
            "salesprice",
            "saleprice",
            "unitcost",
            "precounit",
            "vlunitario",
            "vlrunitario",
            "productprice",
            "priceperunit",
            "precio",
        ]],
        Role::Amount => &[
            &[
                "amount",
                "tranamount",
                "transactionamount",
                "salesvalue",
                "dollarvalue",
                "totalamount",
                "totalprice",
                "totalvalue",
                "linetotal",
                "lineamount",
                "purchaseamount",
                "orderamount",
                "ordertotal",
                "ordervalue",
                "amountspent",
                "netamount",
                "salesamount",
                "saleamount",
                "revenue",
                "valortotal",
                "totalsales",
                "paymentvalue",
                "totalsale",
                "totalrevenue",
                "grandtotal",
                "invoiceamount",
                "valorcompra",
                "valordacompra",
                "valorpedido",
                "valordopedido",
                "valorvenda",
                "valordavenda",
                "valortransacao",
                "valordatransacao",
                "vltotal",
                "vlrtotal",
                "invoicetotal",
                "spend",
                "totalspend",
                "purchasevalue",
                "purchaseamountusd",
                "totalcost",
                "transamount",
                "transactionvalue",
                "totalprize",
                "importe",
            ],
            &[
                "sales",
                "sale",
                "total",
                "value",
                "valor",
                "spent",
                "payment",
                "valorpago",
                "valorliquido",
                "faturamento",
                "receita",
            ],
        ],
        Role::Country => &[
            &["country", "countryname", "pais", "customercountry", "countrycode", "shipcountry"],
            &["countryregion", "customerlocation", "nation", "land"],
        ],
    }
}

#[cfg(test)]
mod tests;
