// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Everything a domain's tests need: `#include <acta/testing.hpp>` and link `acta::testing`. Any
/// test framework will do.
#pragma once

#include <acta/domain.hpp>
#include <acta/testing/aggregate.hpp>
#include <acta/testing/contract.hpp>
#include <acta/testing/examples.hpp>
#include <acta/testing/failure.hpp>
#include <acta/testing/manual_clock.hpp>
#include <acta/testing/memory_rows.hpp>
#include <acta/testing/process.hpp>
#include <acta/testing/query.hpp>
#include <acta/testing/round_trip.hpp>
#include <acta/testing/scenario.hpp>
#include <acta/testing/stored.hpp>
#include <acta/testing/subscriber.hpp>
#include <acta/testing/surroundings.hpp>
#include <acta/testing/view.hpp>
