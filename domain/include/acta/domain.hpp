// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Everything a domain needs: `#include <acta/domain.hpp>` and link `acta::domain`.
#pragma once

#include <acta/core/result.hpp>
#include <acta/core/time.hpp>
#include <acta/domain/aggregate.hpp>
#include <acta/domain/context.hpp>
#include <acta/domain/decision.hpp>
#include <acta/domain/effect.hpp>
#include <acta/domain/model.hpp>
#include <acta/domain/module.hpp>
#include <acta/domain/one_of.hpp>
#include <acta/domain/picture.hpp>
#include <acta/domain/process.hpp>
#include <acta/domain/query.hpp>
#include <acta/domain/receipt.hpp>
#include <acta/domain/subscriber.hpp>
#include <acta/domain/view.hpp>
