"""Words, numerals and scripts: general knowledge of English and Chinese, none of any data set."""
