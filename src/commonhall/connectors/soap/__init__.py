"""Back offices that speak SOAP: a WSDL says what they understand, a mapping what is said."""
